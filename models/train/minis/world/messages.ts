import type { Dice } from './dice.ts';
import {
  ASIDE,
  CITIES,
  DAY_PARTS,
  DAYS,
  GERMAN_ONE,
  type Language,
  MEN,
  MOODS,
  type Mood,
  NUMBERS,
  PLEASE,
  REMARKS,
  REQUESTS,
  STATES,
  SURNAMES,
  THINGS,
  VERBS,
  WOMEN,
} from './words.ts';

/**
 * Messages at a parcel desk: facts, and the texts that state them. In a text, `{role|words}` marks the words that answer a
 * question about a fact; marked.ts removes the marks.
 */

interface Person {
  readonly name: string;
  readonly woman: boolean;
}

export interface Facts {
  readonly count: number;
  readonly thing: number;
  readonly receiver: Person;
  readonly sender: Person | null;
  readonly verb: number;
  readonly day: number;
  readonly dayPart: number;
  readonly city: number | null;
  /** How many of the things are faulty, and their fault as an index into `STATES`; null if none is faulty. */
  readonly fault: { readonly count: number; readonly state: number } | null;
  readonly request: number | null;
  readonly mood: Mood;
  readonly remark: number;
  /** A second remark, of another mood, that somebody else makes. */
  readonly aside: { readonly mood: Mood; readonly remark: number; readonly before: boolean } | null;
  /** Which of the two word orders the text has: 0 or 1. */
  readonly order: number;
  readonly remarkFirst: boolean;
}

function person(dice: Dice): Person {
  const woman = dice.chance(0.5);
  return { name: `${dice.pick(woman ? WOMEN : MEN)} ${dice.pick(SURNAMES)}`, woman };
}

const optional = <T>(dice: Dice, probability: number, value: () => T): T | null =>
  dice.chance(probability) ? value() : null;

export function factsOf(dice: Dice): Facts {
  const count = 2 + dice.below(11);
  const mood = dice.pick(MOODS);
  const remark = () => dice.below(REMARKS[mood].length);
  return {
    count,
    thing: dice.below(THINGS.length),
    receiver: person(dice),
    sender: optional(dice, 0.35, () => person(dice)),
    verb: dice.below(VERBS.length),
    day: dice.below(DAYS.length),
    dayPart: dice.chance(0.4) ? 1 + dice.below(DAY_PARTS.length - 1) : 0,
    city: optional(dice, 0.55, () => dice.below(CITIES.length)),
    fault: optional(dice, 0.5, () => ({
      count: 1 + dice.below(Math.min(count - 1, 4)),
      state: dice.below(STATES.length),
    })),
    request: optional(dice, 0.45, () => dice.below(REQUESTS.length)),
    mood,
    remark: remark(),
    aside: optional(dice, 0.4, () => ({
      mood: dice.pick(MOODS.filter((other) => other !== mood)),
      remark: remark(),
      before: dice.chance(0.5),
    })),
    order: dice.below(2),
    remarkFirst: dice.chance(0.4),
  };
}

const FOR = { en: 'for', fr: 'pour', de: 'für' };
const FROM = { en: 'from', fr: 'de', de: 'von' };
const THEM = { en: ['him', 'her'], fr: ['', ''], de: ['ihn', 'sie'] };

/** The same text with a capital letter at the front, behind a mark if there is one. */
const capital = (text: string) =>
  text.replace(/^(\{\w+\|)?(\p{L})/u, (_, mark = '', letter) => mark + letter.toUpperCase());

const dayText = ({ day, dayPart }: Facts, language: Language) =>
  `{day|${DAYS[day]![language]}${DAY_PARTS[dayPart]![language]}}`;

function things({ count, thing, receiver, sender, order }: Facts, language: Language): string {
  const whom = [`${FOR[language]} {receiver|${receiver.name}}`];
  if (sender) whom.push(`${FROM[language]} {sender|${sender.name}}`);
  if (order === 1) whom.reverse();
  return `{count|${NUMBERS[language][count]}} {thing|${THINGS[thing]!.name[language]}} ${whom.join(' ')}`;
}

/** States what happens: which things, for whom, when and where. */
function event(facts: Facts, language: Language): string {
  const { verb, place, time, end } = VERBS[facts.verb]!;
  const what = things(facts, language);
  const does = verb[language];
  const when = `${time[language]}${dayText(facts, language)}`;
  const where = facts.city === null ? '' : ` ${place[language]} {city|${CITIES[facts.city]![language]}}`;
  if (language === 'de')
    return facts.order === 0
      ? `${what} ${does} ${when}${where}${end}`
      : `${when} ${does} ${what}${where}${end}`;
  return facts.order === 0 ? `${what} ${does}${where} ${when}` : `${when} ${what} ${does}${where}`;
}

function frenchState(state: number, feminine: boolean, many: boolean): string {
  const { name, endings } = STATES[state]!;
  if (!feminine && !many) return name.fr;
  return name.fr + endings[many ? (feminine ? 2 : 1) : 0];
}

function faultText({ fault, thing }: Facts, language: Language): string | null {
  if (!fault) return null;
  const { fr, de } = THINGS[thing]!.gender;
  const one = { en: 'one', fr: fr === 'f' ? 'une' : 'un', de: GERMAN_ONE[de] }[language];
  const many = fault.count > 1;
  const are = { en: ['is', 'are'], fr: ['est', 'sont'], de: ['ist', 'sind'] }[language][Number(many)];
  const how =
    language === 'fr' ? frenchState(fault.state, fr === 'f', many) : STATES[fault.state]!.name[language];
  return `{faulty|${many ? NUMBERS[language][fault.count] : one}} ${are} {state|${how}}`;
}

const requestText = ({ request, receiver }: Facts, language: Language) =>
  request === null
    ? null
    : `{request|${REQUESTS[request]![language].replace('@', THEM[language][Number(receiver.woman)]!)}}`;

/** States the writer's feeling and, if there is an aside, somebody else's. */
function feeling({ mood, remark, aside }: Facts, language: Language): string {
  const own = REMARKS[mood][remark]![language];
  if (!aside) return own;
  const other = REMARKS[aside.mood][aside.remark]![language];
  const { say, but, although } = ASIDE[language];
  return aside.before ? `${say} ${other}, ${but} ${own}` : `${own}, ${although} ${other}`;
}

const joined = (sentence: string, feeling: string, feelingFirst: boolean) =>
  feelingFirst ? `${capital(feeling)}. ${sentence}` : `${sentence} ${capital(feeling)}.`;

/** The facts without feelings, in one sentence. */
export function plainMessage(facts: Facts, language: Language): string {
  const fault = faultText(facts, language);
  const request = requestText(facts, language);
  return `${capital(event(facts, language))}${fault ? `; ${fault}` : ''}${
    request ? `, ${PLEASE[language]} ${request}` : ''
  }.`;
}

/** The facts and the writer's feelings. */
export const fullMessage = (facts: Facts, language: Language) =>
  joined(plainMessage(facts, language), feeling(facts, language), facts.remarkFirst);

/**
 * A message as spoken on the phone, in English: shorter than a written one, without sender, fault and request.
 * @param brief whether the news has no verb, like a note; a brief message with an aside has no day either
 */
export function spokenMessage(facts: Facts, brief: boolean): string {
  const withoutSender = { ...facts, sender: null };
  const note = things(withoutSender, 'en');
  const news = brief ? (facts.aside ? note : `${note}, ${dayText(facts, 'en')}`) : event(withoutSender, 'en');
  return joined(`${capital(news)}.`, feeling(facts, 'en'), facts.remarkFirst);
}

/** One line, in English, that keeps the facts and drops the verb, feelings and politeness. */
export function summaryLine(facts: Facts): string {
  const fault = faultText(facts, 'en')?.replace(/ (is|are) /, ' ');
  const city = facts.city === null ? null : `{city|${CITIES[facts.city]!.en}}`;
  const head = [things({ ...facts, order: 0 }, 'en'), dayText(facts, 'en'), city];
  return `${capital([head.filter(Boolean).join(', '), fault, requestText(facts, 'en')].filter(Boolean).join('; '))}.`;
}
