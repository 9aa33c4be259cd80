import type { Span } from '../../../tasks/token-spans.ts';
import type { Dice } from './dice.ts';
import type { Facts } from './messages.ts';
import { STATES, THINGS } from './words.ts';

/** Questions about a message, by the role of the words that answer them. */
const QUESTIONS: {
  readonly [role: string]: (thing: string, receiver: string, facts: Facts) => readonly string[];
} = {
  receiver: (thing) => [`Who are the ${thing} for?`],
  sender: (thing, receiver) => [`Who are the ${thing} from?`, `Who sends something to ${receiver}?`],
  count: (thing, receiver) => [`How many ${thing} are there?`, `How many ${thing} are for ${receiver}?`],
  thing: (_, receiver) => [`What is there for ${receiver}?`],
  day: (thing, receiver) => [`Which day is it for the ${thing}?`, `Which day is it for ${receiver}?`],
  city: (thing, receiver) => [`Which city is it for the ${thing}?`, `Which city is it for ${receiver}?`],
  state: (thing) => [`What is wrong with the ${thing}?`],
  faulty: (thing, _, { fault }) => [`How many of the ${thing} are ${STATES[fault!.state]!.name.en}?`],
  request: (thing, receiver) => [`What must we do about the ${thing}?`, `What must we do for ${receiver}?`],
};

interface Question {
  readonly role: string;
  readonly text: string;
}

/** A question about a message, whose answer is one of the message's spans. */
export function questionOf(dice: Dice, facts: Facts, spans: Readonly<Record<string, Span>>): Question {
  const role = dice.pick(Object.keys(spans));
  const texts = QUESTIONS[role]!(THINGS[facts.thing]!.name.en, facts.receiver.name, facts);
  return { role, text: dice.pick(texts) };
}
