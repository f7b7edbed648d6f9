import { html, type Html } from '../html';
import type { Words } from '../words/en';

export function signInForm({ signIn }: Words): Html {
	return html`<form method="post" action="/sign-in" class="card sign-in">
		<h1>${signIn.heading}</h1>
		<label for="password">${signIn.password}</label>
		<input
			id="password"
			name="password"
			type="password"
			autocomplete="current-password"
			aria-describedby="hint"
			required
			autofocus
		/>
		<p id="hint" class="hint">${signIn.hint}</p>
		<button>${signIn.button}</button>
	</form>`;
}
