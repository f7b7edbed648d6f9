/** What `--help` prints. */
export const HELP = `koeiq-inbox: receives KoeIQ's webhooks, stores them on disk, and delivers them to n8n.

Commands
  koeiq-inbox                      runs the inbox
  koeiq-inbox backup <file>        writes a copy of the SQLite store; the inbox may run
  koeiq-inbox restore <file>       puts such a copy in place; stop the inbox first
  koeiq-inbox copy --to <store>    copies everything to another store: a file, or postgres://…
  koeiq-inbox export --failed      prints each failed event as a line of JSON
  koeiq-inbox notify-test          sends a test message to INBOX_NOTIFY_URL
  koeiq-inbox --help, --version

Settings, from the environment
  INBOX_WEBHOOK_SECRET             required: the secret from KoeIQ
  INBOX_PREVIOUS_WEBHOOK_SECRET    still accepted while you change the secret
  INBOX_STORE                      a file, or postgres://user:password@host/database (inbox.sqlite)
  INBOX_HOST, INBOX_PORT           where KoeIQ's requests arrive (0.0.0.0, 8080)
  INBOX_ADMIN_PORT                 the port of the page and the API; never make it public
  INBOX_ADMIN_HOST                 the address of that port (127.0.0.1)
  INBOX_PAGE_PASSWORD              turns the page on
  INBOX_API_KEY                    turns the API on
  INBOX_FORWARD_TO                 Production URLs of KoeIQ Triggers that don't register themselves
  INBOX_CONCURRENCY                requests under way to each target (4)
  INBOX_RETRY_PAUSES               seconds between attempts (5 30 120 600 3600 21600 86400)
  INBOX_ANSWER_TIMEOUT             seconds that a workflow has to answer (900)
  INBOX_MIN_FREE_MB                with less free disk space, new events are refused (64)
  INBOX_KEEP_DAYS                  days that delivered events are kept (7)
  INBOX_NOTIFY_URL                 a chat's incoming webhook: gets a message when somebody has to act
  INBOX_LANGUAGE                   language of these messages: en or ja (en)
To read a secret or INBOX_STORE from a file, add _FILE to the name and set it to the file's path.

https://github.com/OWNER/n8n-nodes-koeiq/tree/main/inbox#readme`;
