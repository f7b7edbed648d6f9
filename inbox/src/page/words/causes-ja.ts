import type { causes } from './causes-en';

export const causesJa: typeof causes = {
	secret: {
		what: 'n8n が署名を拒否しています。n8n の認証情報のシークレットが、受信箱のシークレットと一致していません。',
		advice:
			'n8n で、トリガーの認証情報「KoeIQ Webhook API」を開き、KoeIQ のシークレットを入力してください。',
	},
	tooOld: {
		what: 'イベントが古いため、n8n が拒否しています。',
		advice:
			'KoeIQ Trigger の Maximum Age を外してください。受信箱は、後で送るためにイベントを保存しています。',
	},
	noSecret: {
		what: 'KoeIQ Trigger に Webhook シークレットが設定されていません。',
		advice: 'n8n で、KoeIQ のシークレットを入力した認証情報をトリガーに設定してください。',
	},
	unpublished: {
		what: 'n8n にこのアドレスがありません。ワークフローが公開されていません。',
		advice:
			'n8n で公開してください。公開済みの場合は、アドレスがトリガーの Production URL と同じか確認してください。',
	},
	starting: {
		what: 'n8n は起動中です。',
		advice: '数分たっても変わらない場合は、n8n のログを確認してください。',
	},
	workflow: {
		what: 'ワークフローが失敗しました。',
		advice: 'n8n で、ワークフローの Executions を開いて原因を確認してください。',
	},
	error: {
		what: 'n8n がエラーを返しました。',
		advice:
			'トリガーの認証情報とワークフローを確認してください。原因は n8n の Executions で確認できます。',
	},
	busy: {
		what: 'n8n、またはその前段のプロキシへのリクエストが多すぎます。',
		advice: '受信箱は自動で間隔を空けて送信します。',
	},
	tooLarge: {
		what: 'イベントのサイズが、n8n またはその前段のプロキシの上限を超えています。',
		advice: 'n8n の N8N_PAYLOAD_SIZE_MAX、またはプロキシの上限を上げてください。',
	},
	proxy: {
		what: 'n8n の前段のプロキシが n8n に接続できません。',
		advice: 'n8n が動いているか確認してください。',
	},
	down: {
		what: 'n8n が停止しています。このアドレスから応答がありません。',
		advice:
			'n8n を起動してください。動いている場合は、アドレスがトリガーの Production URL と同じか確認してください。',
	},
	noAddress: {
		what: 'n8n のアドレスにあるホスト名が見つかりません。',
		advice: 'n8n が動いているか、アドレスのホスト名が正しいか確認してください。',
	},
	silent: {
		what: 'n8n から応答がありません。',
		advice: 'n8n が動いているか、n8n のログとあわせて確認してください。',
	},
	late: {
		what: 'ワークフローが時間内に応答しませんでした。',
		advice: 'トリガーの応答方法を Immediately にするか、INBOX_ANSWER_TIMEOUT を長くしてください。',
	},
	broken: {
		what: 'n8n との接続が途中で切れました。',
		advice: 'n8n が再起動していないか、n8n のログを確認してください。',
	},
	other: {
		what: 'KoeIQ Trigger の応答ではありません。',
		advice: 'アドレスがトリガーの Production URL と同じか確認してください。',
	},
};
