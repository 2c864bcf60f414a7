// Explains a bind or a search: a question about a name or a filter goes in, an explanation comes out.
import { type BindExplainRequest, type BindExplanation, type ExplainContext, explainBind } from './explain-bind.js';
import { explainSearch, type SearchExplainRequest, type SearchExplanation } from './explain-search.js';

export type ExplainRequest = BindExplainRequest | SearchExplainRequest;
export type ExplainedResult = BindExplanation | SearchExplanation;
export type Explain = (question: ExplainRequest) => Promise<ExplainedResult>;

/** Never throws for anything that is asked. */
export function explain(question: ExplainRequest, explainContext: ExplainContext): Promise<ExplainedResult> {
  switch (question.kind) {
    case 'bind':
      return explainBind(question, explainContext);
    case 'search':
      return explainSearch(question, explainContext);
  }
}
