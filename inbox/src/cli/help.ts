/** What `--help` prints. */
export const HELP = `koeiq-inbox: takes KoeIQ's webhooks, keeps them on disk, and hands them on to n8n.

Commands
  koeiq-inbox                      runs the inbox
  koeiq-inbox backup <file>        writes a copy of the SQLite store, also while the inbox runs
  koeiq-inbox restore <file>       puts such a copy in place, while the inbox is stopped
  koeiq-inbox copy --to <store>    copies everything to another store: a file, or postgres://…
  koeiq-inbox export --failed      prints the events that have failed, one JSON object a line
  koeiq-inbox notify-test          sends a test message to INBOX_NOTIFY_URL
  koeiq-inbox --help, --version

Settings, from the environment
  INBOX_WEBHOOK_SECRET             required: the secret from KoeIQ
  INBOX_PREVIOUS_WEBHOOK_SECRET    still accepted while you rotate the secret
  INBOX_STORE                      a file, or postgres://user:password@host/database (inbox.sqlite)
  INBOX_HOST, INBOX_PORT           where KoeIQ's requests come (0.0.0.0, 8080)
  INBOX_ADMIN_PORT                 a port for the operator's page and the API; never make it public
  INBOX_ADMIN_HOST                 the address of that port (127.0.0.1)
  INBOX_PAGE_PASSWORD              turns the page on
  INBOX_API_KEY                    turns the API on
  INBOX_FORWARD_TO                 Production URLs of KoeIQ Triggers that do not register themselves
  INBOX_CONCURRENCY                requests under way to each target (4)
  INBOX_RETRY_PAUSES               seconds between attempts (5 30 120 600 3600 21600 86400)
  INBOX_ANSWER_TIMEOUT             seconds in which a workflow has to answer (900)
  INBOX_MIN_FREE_MB                free space below which nothing new is stored in a file (64)
  INBOX_KEEP_DAYS                  days that delivered events stay (7)
  INBOX_NOTIFY_URL                 a chat's incoming webhook, told when somebody has to look
  INBOX_LANGUAGE                   of what it is told: en or ja (en)
Each secret, and INBOX_STORE, can come from a file: add _FILE to its name.

https://github.com/OWNER/n8n-nodes-koeiq/tree/main/inbox#readme`;
