// The one door of `explain`: a question about a name or a filter goes in, an explanation comes out.
import { type BindExplanation, type BindQuestion, explainBind, type Scene } from './explain-bind.js';
import { explainSearch, type SearchExplanation, type SearchQuestion } from './explain-search.js';

export type Question = BindQuestion | SearchQuestion;
export type Answered = BindExplanation | SearchExplanation;
export type Explain = (question: Question) => Promise<Answered>;

/** Never throws for anything that is asked. */
export function explain(question: Question, scene: Scene): Promise<Answered> {
  switch (question.kind) {
    case 'bind':
      return explainBind(question, scene);
    case 'search':
      return explainSearch(question, scene);
  }
}
