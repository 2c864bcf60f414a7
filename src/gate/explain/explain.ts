// Explains a bind or a search: a question about a name or a filter goes in, an explanation comes out.
import { type BindExplainRequest, type BindExplanation, type ExplainContext, explainBind } from './explain-bind.js';
import { explainSearch, type SearchExplainRequest, type SearchExplanation } from './explain-search.js';

/** The name of the app that is asked about; without one the first that is configured. */
export interface OfApp {
  readonly app?: string;
}

export type ExplainRequest = (BindExplainRequest | SearchExplainRequest) & OfApp;
export type ExplainedResult = (BindExplanation | SearchExplanation) & OfApp;
/** Rejects with UnknownApp. */
export type Explain = (question: ExplainRequest) => Promise<ExplainedResult>;

/** Somebody asks about an app that is not configured. */
export class UnknownApp extends Error {
  constructor(name: string, names: readonly string[]) {
    super(`there is no app ${JSON.stringify(name)}; there is ${names.join(', ')}`);
  }
}

/** Never throws for anything that is asked. */
export function explain(question: ExplainRequest, explainContext: ExplainContext): Promise<ExplainedResult> {
  switch (question.kind) {
    case 'bind':
      return explainBind(question, explainContext);
    case 'search':
      return explainSearch(question, explainContext);
  }
}
