export { KoeIqWebhookApi } from './credentials/KoeIqWebhookApi.credentials';
export * from './nodes/KoeIq/core/events';
export type { Delivery, Item } from './nodes/KoeIq/core/judge';
export { KoeIqTrigger } from './nodes/KoeIq/KoeIqTrigger.node';
