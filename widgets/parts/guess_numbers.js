// The numbers of a guess record as the browser got them, by moment, condition and place.
import { totalSurprise } from "../core/guesses.js";
import { readablePieces, regionName } from "../core/text.js";

function numbersOf(Kind, view) {
  return new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** What a model (the widget's) holds, with the names of everything that is hidden in it. */
export function makeGuessNumbers(model) {
  const words = model.get("words");
  const labels = model.get("labels");
  const places = model.get("places");
  const turns = model.get("turns");
  const groups = model.get("groups");
  const guesses = model.get("guesses");
  const pieces = readablePieces(words);
  const chance = numbersOf(Float32Array, model.get("chance"));
  const top = numbersOf(Uint32Array, model.get("top"));
  const truthChance = numbersOf(Float32Array, model.get("truth_chance"));
  const truthRank = numbersOf(Uint32Array, model.get("truth_rank"));
  const most = chance.length / truthChance.length;
  const at = (moment, side, place) => (moment * 2 + side) * places.length + place;
  const isWord = (place) => places[place] < words.length;
  const nameOf = (place) => {
    const region = places[place] - words.length;
    return isWord(place) ? pieces[places[place]][0] : regionName(region, labels[region]);
  };
  const best = (moment, side, place) => Array.from({ length: most }, (_, rank) => {
    const index = at(moment, side, place) * most + rank;
    const text = guesses[top[index]];
    return { text: text ? readablePieces([text])[0][0] : "", raw: text, chance: chance[index] };
  }).filter(({ text }) => text);
  const truth = (moment, side, place) => ({
    chance: truthChance[at(moment, side, place)], rank: truthRank[at(moment, side, place)],
  });
  const bits = (moment, group) => [0, 1].map((side) =>
    totalSurprise(group.map((place) => truth(moment, side, place).chance)));
  return {
    words, labels, places, pieces, groups, isWord, nameOf, best, truth, bits,
    regionOf: (place) => places[place] - words.length,
    groupOf: (place) => groups.find((group) => group.includes(place)),
    together: (place) => places.map((_, other) => other).filter((other) => turns[other] === turns[place]),
    groupName: (group) => group.map(nameOf).join(""),
  };
}
