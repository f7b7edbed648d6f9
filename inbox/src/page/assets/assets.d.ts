/* esbuild puts these files into the program as text. */

declare module '*.css' {
	const text: string;
	export default text;
}

declare module '*.svg' {
	const text: string;
	export default text;
}

declare module '*?text' {
	const text: string;
	export default text;
}
