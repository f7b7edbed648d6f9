import { kindsOf } from '../nodes/KoeIq/core/events';
import { labelOf } from '../nodes/KoeIq/trigger/words';

/** The typeVersion that the editor gives to a trigger that is dragged in today. */
export const TYPE_VERSION = 2;

/** What it tells apart, and the labels of its outputs. */
export const KINDS = kindsOf(TYPE_VERSION);
export const LABELS = KINDS.map(labelOf);
