export { KoeIqApi } from './credentials/KoeIqApi.credentials';
export { KoeIqInboxApi } from './credentials/KoeIqInboxApi.credentials';
export { KoeIqWebhookApi } from './credentials/KoeIqWebhookApi.credentials';
export * from './nodes/KoeIq/core/events';
export type { Delivery, Item } from './nodes/KoeIq/core/judge';
export { KoeIq } from './nodes/KoeIq/KoeIq.node';
export { KoeIqTrigger } from './nodes/KoeIq/KoeIqTrigger.node';
