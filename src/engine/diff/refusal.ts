/** Why an update cannot be made from a pair of objects, as one plain fact. Several may hold at once. */
export interface Refusal {
  /** `unknown_section`, `data_changed`, `exports_changed`, `function_too_short`, `static_key`, … */
  readonly code: string;
  readonly symbol?: string;
  readonly section?: string;
  readonly message: string;
  readonly hint: string;
}
