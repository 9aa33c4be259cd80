/** The words of the parcel desk's messages, in English, French and German. */

const LANGUAGES = ['en', 'fr', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];
/** Words with the same meaning in the three languages. */
type Words = { readonly [L in Language]: string };

const words = (en: string, fr: string, de: string): Words => ({ en, fr, de });

type Gender = 'm' | 'f' | 'n';

export const NUMBERS: { readonly [L in Language]: readonly string[] } = {
  en: 'zero one two three four five six seven eight nine ten eleven twelve'.split(' '),
  fr: 'zéro un deux trois quatre cinq six sept huit neuf dix onze douze'.split(' '),
  de: 'null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf'.split(' '),
};

/** German "one of them", by the gender of the thing. */
export const GERMAN_ONE: { readonly [G in Gender]: string } = { f: 'eine', m: 'einer', n: 'eines' };

interface Thing {
  readonly name: Words;
  readonly gender: { readonly fr: Gender; readonly de: Gender };
}
const thing = (en: string, fr: string, frGender: Gender, de: string, deGender: Gender): Thing => ({
  name: words(en, fr, de),
  gender: { fr: frGender, de: deGender },
});
export const THINGS: readonly Thing[] = [
  thing('boxes', 'boîtes', 'f', 'Schachteln', 'f'),
  thing('parcels', 'colis', 'm', 'Pakete', 'n'),
  thing('letters', 'lettres', 'f', 'Briefe', 'm'),
  thing('crates', 'caisses', 'f', 'Kisten', 'f'),
  thing('lamps', 'lampes', 'f', 'Lampen', 'f'),
  thing('chairs', 'chaises', 'f', 'Stühle', 'm'),
  thing('books', 'livres', 'm', 'Bücher', 'n'),
  thing('bottles', 'bouteilles', 'f', 'Flaschen', 'f'),
  thing('bags', 'sacs', 'm', 'Taschen', 'f'),
  thing('mirrors', 'miroirs', 'm', 'Spiegel', 'm'),
  thing('clocks', 'horloges', 'f', 'Uhren', 'f'),
  thing('tables', 'tables', 'f', 'Tische', 'm'),
  thing('plants', 'plantes', 'f', 'Pflanzen', 'f'),
  thing('wheels', 'roues', 'f', 'Räder', 'n'),
];

export const WOMEN = ['Anna', 'Marie', 'Clara', 'Emma', 'Laura', 'Nina', 'Julia', 'Sarah'] as const;
export const MEN = ['Paul', 'Hugo', 'Felix', 'Oscar', 'Simon', 'David', 'Victor', 'Martin'] as const;
export const SURNAMES =
  'Weber Dupont Baker Klein Moreau Fisher Lang Bernard Carter Vogel Petit Hunter Braun Roux Miller Stone'.split(
    ' ',
  );

export const DAYS: readonly Words[] = [
  words('Monday', 'lundi', 'Montag'),
  words('Tuesday', 'mardi', 'Dienstag'),
  words('Wednesday', 'mercredi', 'Mittwoch'),
  words('Thursday', 'jeudi', 'Donnerstag'),
  words('Friday', 'vendredi', 'Freitag'),
  words('Saturday', 'samedi', 'Samstag'),
  words('Sunday', 'dimanche', 'Sonntag'),
];
/** Parts of the day, appended to the name of a day. */
export const DAY_PARTS: readonly Words[] = [
  words('', '', ''),
  words(' morning', ' matin', 'morgen'),
  words(' evening', ' soir', 'abend'),
];

export const CITIES: readonly Words[] = [
  words('Paris', 'Paris', 'Paris'),
  words('London', 'Londres', 'London'),
  words('Berlin', 'Berlin', 'Berlin'),
  words('Rome', 'Rome', 'Rom'),
  words('Madrid', 'Madrid', 'Madrid'),
  words('Vienna', 'Vienne', 'Wien'),
  words('Lyon', 'Lyon', 'Lyon'),
  words('Hamburg', 'Hambourg', 'Hamburg'),
  words('Geneva', 'Genève', 'Genf'),
  words('Dublin', 'Dublin', 'Dublin'),
];

/** An event: its verb, the words before a city and before a day, and the word that ends the German sentence. */
interface Verb {
  readonly verb: Words;
  readonly place: Words;
  readonly time: Words;
  readonly end: string;
}
const verb = (verb: Words, place: Words, time: Words, end: string): Verb => ({ verb, place, time, end });
const onDay = words('on ', '', 'am ');
export const VERBS: readonly Verb[] = [
  verb(words('arrive', 'arrivent', 'kommen'), words('from', 'de', 'aus'), onDay, ' an'),
  verb(words('leave', 'partent', 'fahren'), words('for', 'pour', 'nach'), onDay, ' ab'),
  verb(words('come back', 'reviennent', 'kehren'), words('from', 'de', 'aus'), onDay, ' zurück'),
  verb(words('wait', 'attendent', 'warten'), words('in', 'à', 'in'), words('until ', "jusqu'à ", 'bis '), ''),
  verb(words('go', 'vont', 'gehen'), words('to', 'à', 'nach'), onDay, ''),
];

/**
 * A fault of some of the things. `endings` are those of the French adjective in the feminine singular, masculine plural and
 * feminine plural.
 */
interface State {
  readonly name: Words;
  readonly endings: readonly [string, string, string];
}
const state = (en: string, fr: string, de: string, endings: State['endings']): State => ({
  name: words(en, fr, de),
  endings,
});
const [REGULAR, WITH_E, FIXED]: State['endings'][] = [
  ['e', 's', 'es'],
  ['', 's', 's'],
  ['', '', ''],
];
export const STATES: readonly State[] = [
  state('damaged', 'abîmé', 'beschädigt', REGULAR!),
  state('lost', 'perdu', 'verloren', REGULAR!),
  state('wet', 'mouillé', 'nass', REGULAR!),
  state('open', 'ouvert', 'offen', REGULAR!),
  state('empty', 'vide', 'leer', WITH_E!),
  state('late', 'en retard', 'verspätet', FIXED!),
  state('broken', 'cassé', 'kaputt', REGULAR!),
  state('dirty', 'sale', 'schmutzig', WITH_E!),
];

/** Requests to the desk. "@" stands for the receiver's pronoun. */
export const REQUESTS: readonly Words[] = [
  words('call @', "l'appeler", 'rufen Sie @ an'),
  words('send new ones', 'en envoyer de nouveaux', 'schicken Sie neue'),
  words('keep them here', 'les garder ici', 'behalten Sie sie hier'),
  words('take them upstairs', "les monter à l'étage", 'tragen Sie sie nach oben'),
  words('write to the office', 'écrire au bureau', 'schreiben Sie an das Büro'),
  words('open the back door', 'ouvrir la porte de derrière', 'öffnen Sie die Hintertür'),
];
export const PLEASE = words('please', 'veuillez', 'bitte');

export const MOODS = ['complaint', 'neutral', 'thanks', 'urgent'] as const;
export type Mood = (typeof MOODS)[number];
/**
 * Clauses that express the writer's mood. Moods share words ("not happy", "not urgent"), so that a model cannot only count words.
 */
export const REMARKS: { readonly [M in Mood]: readonly Words[] } = {
  complaint: [
    words('I am not happy with this', "je n'en suis pas content", 'ich bin damit nicht zufrieden'),
    words('this is the third time', "c'est la troisième fois", 'das ist das dritte Mal'),
    words('nobody answers the phone', 'personne ne répond au téléphone', 'niemand geht ans Telefon'),
    words('your service is not good', "votre service n'est pas bon", 'Ihr Dienst ist nicht gut'),
    words('I am very disappointed', 'je suis très déçu', 'ich bin sehr enttäuscht'),
    words('I want my money back', 'je veux être remboursé', 'ich will mein Geld zurück'),
    words('there is no excuse', "il n'y a pas d'excuse", 'es gibt keine Entschuldigung'),
    words('nobody thanks me for it', "personne ne m'en remercie", 'niemand dankt mir dafür'),
  ],
  neutral: [
    words('this is not urgent', "ce n'est pas urgent", 'das ist nicht dringend'),
    words('this can wait', 'cela peut attendre', 'das kann warten'),
    words('there is no hurry', 'rien ne presse', 'es eilt nicht'),
    words('this is all for now', "c'est tout pour le moment", 'das ist jetzt alles'),
    words('there is time left', 'il reste du temps', 'es ist noch Zeit'),
    words('this is only a note', "ce n'est qu'une note", 'das ist nur eine Notiz'),
    words('we do not need help', "nous n'avons pas besoin d'aide", 'wir brauchen keine Hilfe'),
    words('you need not answer', "il n'est pas nécessaire de répondre", 'Sie müssen nicht antworten'),
  ],
  thanks: [
    words('I am very happy with this', "j'en suis très content", 'ich bin damit sehr zufrieden'),
    words('your service is very good', 'votre service est très bon', 'Ihr Dienst ist sehr gut'),
    words('I am not disappointed at all', 'je ne suis pas déçu du tout', 'ich bin gar nicht enttäuscht'),
    words('thank you for your help', 'merci pour votre aide', 'danke für Ihre Hilfe'),
    words('many thanks to you all', 'merci beaucoup à vous tous', 'vielen Dank an Sie alle'),
    words('this was quick work', "c'était du travail rapide", 'das war schnelle Arbeit'),
    words('what a nice surprise', 'quelle belle surprise', 'was für eine schöne Überraschung'),
    words('you answer at once', 'vous répondez tout de suite', 'Sie antworten sofort'),
  ],
  urgent: [
    words('this is very urgent', "c'est très urgent", 'das ist sehr dringend'),
    words('this cannot wait', 'cela ne peut pas attendre', 'das kann nicht warten'),
    words('we need help now', "nous avons besoin d'aide maintenant", 'wir brauchen jetzt Hilfe'),
    words('there is no time left', "il n'y a plus de temps", 'es ist keine Zeit mehr'),
    words('do it at once', 'faites-le tout de suite', 'machen Sie es sofort'),
    words('please hurry', 'dépêchez-vous', 'bitte beeilen Sie sich'),
    words('the truck leaves soon', 'le camion part bientôt', 'der Wagen fährt bald'),
    words('answer the phone now', 'répondez maintenant au téléphone', 'gehen Sie jetzt ans Telefon'),
  ],
};
/** Words that introduce the feeling of somebody else, which the label ignores: "they say X, but Y", "Y, although they say X". */
export const ASIDE: {
  readonly [L in Language]: { readonly say: string; readonly but: string; readonly although: string };
} = {
  en: { say: 'they say', but: 'but', although: 'although they say' },
  fr: { say: 'on dit :', but: 'mais', although: "bien qu'on dise :" },
  de: { say: 'man sagt,', but: 'aber', although: 'obwohl man sagt,' },
};
