export { default } from '../eslint.house.config.mjs';
