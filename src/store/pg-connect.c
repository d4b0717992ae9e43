/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The life of the client's connection: attempts to connect, their deadline, the loss, the back-off.
 *
 * libpq may close its socket and open another one in PQconnectPoll(), under the same number even, which
 * epoll then does not watch any more. So the event source is dropped before such a call and made anew
 * after it. */

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <sys/epoll.h>
#include <systemd/sd-id128.h>

#include "base/text.h"
#include "store/pg-client-internal.h"

/* Later -c win over those of the connection string. The numbers: see pg_client_new() in the header. */
#define SESSION_OPTIONS                                      \
        "-c search_path= "                                   \
        "-c datestyle=ISO "                                  \
        "-c timezone=UTC "                                   \
        "-c default_transaction_isolation=read\\ committed " \
        "-c statement_timeout=30s "                          \
        "-c lock_timeout=30s "                               \
        "-c idle_in_transaction_session_timeout=60s "        \
        "-c client_connection_check_interval=2s"

/* What the machine's id is hashed with; a random number. */
#define HOST_ID SD_ID128_MAKE(5e, 0b, 7d, 1c, a4, 93, 4f, 6e, 8a, 27, c1, f0, 36, d8, 52, b9)

/* Where the connection string says nothing. A peer that vanished is noticed within a minute, not after two
 * hours. */
static const struct {
        const char *keyword, *value;
} connect_defaults[] = {
        { "gssencmode", "disable" }, /* it would ask a Kerberos server, and block */
        { "keepalives_idle", "30" }, { "keepalives_interval", "10" },
        { "keepalives_count", "3" }, { "tcp_user_timeout", "30000" }, /* ms */
};

static void ignore_notice(_unused_ void *arg, _unused_ const PGresult *res) {
        /* libpq's own receiver writes to standard error. */
}

static int setting_add(PgClient *c, const char *keyword, const char *value) {
        int r;

        r = strv_append(&c->keywords, keyword);
        if (r < 0)
                return r;
        return strv_append(&c->values, value);
}

/* Tells the SQL functions on which host this session's process is: its id, "" when the machine has none, and its
 * name. Whatever else a name has is not for a command line. Owned by the caller, NULL when out of memory. */
static char *host_options(void) {
        char id[SD_ID128_STRING_MAX] = "", name[HOST_NAME_MAX + 1] = "";
        sd_id128_t machine;

        if (sd_id128_get_machine_app_specific(HOST_ID, &machine) >= 0)
                sd_id128_to_string(machine, id);
        (void) gethostname(name, sizeof(name) - 1);
        for (char *p = name; *p; p++)
                if (!isalnum((unsigned char) *p) && !strchr(".-_", *p))
                        *p = '_';
        return text_format("-c migrationd.host_id=%s -c migrationd.host=%s", id, name);
}

/* Pinned settings replace those of the connection string, except that options are added to. */
static int setting_add_given(PgClient *c, const char *keyword, const char *value) {
        _cleanup_(freep) char *options = NULL, *host = NULL;

        if (streq(keyword, "application_name") || streq(keyword, "client_encoding"))
                return 0;
        if (!streq(keyword, "options"))
                return value ? setting_add(c, keyword, value) : 0;

        host = host_options();
        options = host ? text_format("%s " SESSION_OPTIONS " %s", value ?: "", host) : NULL;
        return options ? setting_add(c, keyword, options) : -ENOMEM;
}

static const char *setting_default(const char *keyword) {
        for (size_t i = 0; i < ELEMENTSOF(connect_defaults); i++)
                if (streq(connect_defaults[i].keyword, keyword))
                        return connect_defaults[i].value;
        return NULL;
}

static int settings_load(PgClient *c, const PQconninfoOption *given, const char *application_name) {
        int r;

        for (const PQconninfoOption *o = given; o->keyword; o++) {
                r = setting_add_given(c, o->keyword, o->val ?: setting_default(o->keyword));
                if (r < 0)
                        return r;
        }
        r = setting_add(c, "client_encoding", "UTF8");
        if (r < 0)
                return r;
        return setting_add(c, "application_name", application_name);
}

/* Drops the connection without telling anybody. Not blocking: the connection is in non-blocking mode. */
static void connection_close(PgClient *c) {
        c->io = sd_event_source_disable_unref(c->io);
        PQfinish(c->conn);
        c->conn = NULL;
        c->state = CLIENT_WAITING;
}

/* What libpq says, in one line and without the password, whatever the server or libpq put into it. */
static char *connection_error(PgClient *c) {
        _cleanup_(freep) char *text = NULL;
        const char *password;

        if (!c->conn)
                return strdup("out of memory");

        text = strdup(PQerrorMessage(c->conn));
        if (!text)
                return NULL;
        password = PQpass(c->conn) ?: "";
        if (*password)
                for (char *p = text; (p = strstr(p, password));)
                        memset(p, '*', strlen(password));
        return pg_one_line(*text ? text : "connection closed");
}

static void timer_start(PgClient *c, usec_t usec) {
        (void) sd_event_source_set_time_relative(c->timer, usec);
        (void) sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

static usec_t backoff(unsigned n_failures) {
        unsigned doublings = MIN(n_failures, 16U);
        usec_t usec = MIN(PG_CLIENT_BACKOFF_MIN_USEC << doublings, PG_CLIENT_BACKOFF_MAX_USEC);

        return usec + arc4random_uniform((uint32_t) (usec / 4));
}

void pg_connect_lost(PgClient *c, int error, const char *message) {
        free(c->error);
        c->error = message ? strdup(message) : connection_error(c);
        connection_close(c);
        timer_start(c, backoff(c->n_failures++));

        pg_client_on_lost(c, error);
        if (!c->freed && c->on_state)
                c->on_state(c, false, pg_client_error(c), c->userdata);
}

static void connection_poll(PgClient *c) {
        c->io = sd_event_source_disable_unref(c->io);
        switch (PQconnectPoll(c->conn)) {
        case PGRES_POLLING_READING:
                pg_connect_watch(c, EPOLLIN);
                return;
        case PGRES_POLLING_WRITING:
                pg_connect_watch(c, EPOLLOUT);
                return;
        case PGRES_POLLING_OK:
                break;
        default:
                pg_connect_lost(c, -ECONNRESET, NULL);
                return;
        }

        if (PQsetnonblocking(c->conn, true) < 0) {
                pg_connect_lost(c, -ECONNRESET, NULL);
                return;
        }
        c->state = CLIENT_CONNECTED;
        (void) sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        pg_connect_watch(c, EPOLLIN);
        if (c->state == CLIENT_CONNECTED)
                pg_client_on_connected(c);
}

static int on_io(_unused_ sd_event_source *s, _unused_ int fd, _unused_ uint32_t events, void *userdata) {
        _cleanup_(pg_client_unrefp) PgClient *c = pg_client_ref(userdata);

        if (c->state == CLIENT_CONNECTED)
                pg_client_on_readable(c);
        else
                connection_poll(c);
        return 0;
}

void pg_connect_watch(PgClient *c, uint32_t events) {
        int r;

        if (c->io)
                r = sd_event_source_set_io_events(c->io, events);
        else {
                r = sd_event_add_io(c->event, &c->io, PQsocket(c->conn), events, on_io, c);
                /* An answer that is there goes before a deadline that passed while we did not run. */
                if (r >= 0)
                        r = sd_event_source_set_priority(c->io, SD_EVENT_PRIORITY_NORMAL - 1);
        }
        if (r < 0)
                pg_connect_lost(c, -ECONNRESET, "cannot watch the connection's socket");
}

static const char *setting_get(const PgClient *c, const char *keyword) {
        for (size_t i = 0; c->keywords[i]; i++)
                if (streq(c->keywords[i], keyword))
                        return c->values[i];
        return NULL;
}

/* The host whose addresses are to be looked up; NULL: none. Source of the forms: libpq, parameters host and hostaddr.
 */
static const char *host_name(const PgClient *c) {
        const char *host = setting_get(c, "host"), *address = setting_get(c, "hostaddr");
        struct in6_addr binary;

        return host && *host && !strchr("/@", *host) && !strchr(host, ',') && !(address && *address) &&
                               inet_pton(AF_INET, host, &binary) != 1 && inet_pton(AF_INET6, host, &binary) != 1
                       ? host
                       : NULL;
}

/* "value,value,value". Owned by the caller, NULL when out of memory. */
static char *join(char *const *list, const char *same) {
        char *text = NULL;

        for (size_t i = 0; list[i]; i++) {
                char *longer = text_format("%s%s%s", text ?: "", text ? "," : "", same ?: list[i]);

                free(text);
                text = longer;
                if (!text)
                        return NULL;
        }
        return text;
}

/* libpq tries the addresses in turn; each goes with the name, which certificates and password files are for. */
static int settings_with_addresses(const PgClient *c, char *const *addresses, char ***ret_keywords,
                                   char ***ret_values) {
        _cleanup_(freep) char *hosts = join(addresses, setting_get(c, "host")), *list = join(addresses, NULL);
        _cleanup_(strv_freep) char **keywords = strv_copy(c->keywords), **values = strv_copy(c->values);

        if (!hosts || !list || !keywords || !values)
                return -ENOMEM;
        for (size_t i = 0; keywords[i]; i++)
                if (streq(keywords[i], "host")) {
                        free(values[i]);
                        values[i] = TAKE_PTR(hosts);
                        break;
                }
        if (strv_append(&keywords, "hostaddr") < 0 || strv_append(&values, list) < 0)
                return -ENOMEM;
        *ret_keywords = TAKE_PTR(keywords);
        *ret_values = TAKE_PTR(values);
        return 0;
}

static void connection_open(PgClient *c, char *const *keywords, char *const *values) {
        c->conn = PQconnectStartParams((const char *const *) keywords, (const char *const *) values,
                                       /* expand_dbname= */ false);
        if (!c->conn || PQstatus(c->conn) == CONNECTION_BAD) {
                pg_connect_lost(c, -ECONNRESET, NULL);
                return;
        }
        (void) PQsetNoticeReceiver(c->conn, ignore_notice, NULL);
        /* Source: documentation of PQconnectPoll(), "as if it had last returned PGRES_POLLING_WRITING". */
        pg_connect_watch(c, EPOLLOUT);
}

static void on_lookup(char *const *addresses, const char *error, void *userdata) {
        _cleanup_(pg_client_unrefp) PgClient *c = pg_client_ref(userdata);
        _cleanup_(strv_freep) char **keywords = NULL, **values = NULL;

        c->lookup = pg_lookup_free(c->lookup);
        /* The attempt that asked for it was given up. An answer that comes late is used all the same, else a slow
         * name server would never do. */
        if (c->state == CLIENT_WAITING && !addresses)
                return;
        if (c->state == CLIENT_WAITING)
                timer_start(c, PG_CLIENT_CONNECT_TIMEOUT_USEC);
        c->state = CLIENT_CONNECTING;
        if (!addresses)
                pg_connect_lost(c, -ECONNRESET, error);
        else if (settings_with_addresses(c, addresses, &keywords, &values) < 0)
                pg_connect_lost(c, -ECONNRESET, "out of memory");
        else
                connection_open(c, keywords, values);
}

static void connection_start(PgClient *c) {
        const char *host = host_name(c);

        c->state = CLIENT_CONNECTING;
        timer_start(c, PG_CLIENT_CONNECT_TIMEOUT_USEC);
        if (!host)
                connection_open(c, c->keywords, c->values);
        else if (!c->lookup && pg_lookup_new(c->event, host, on_lookup, c, &c->lookup) < 0)
                pg_connect_lost(c, -ECONNRESET, "cannot start a thread that looks up the host name");
}

static int on_timer(_unused_ sd_event_source *s, _unused_ uint64_t usec, void *userdata) {
        _cleanup_(pg_client_unrefp) PgClient *c = pg_client_ref(userdata);

        if (c->state == CLIENT_WAITING)
                connection_start(c);
        else
                pg_connect_lost(c, -ETIMEDOUT,
                                c->conn ? "the database server did not answer in time"
                                        : "the host name was not looked up in time; the name server does not answer");
        return 0;
}

int pg_connect_init(PgClient *c, const char *conninfo, const char *application_name) {
        PQconninfoOption *given;
        char *error = NULL;
        int r;

        given = PQconninfoParse(conninfo, &error);
        /* Not shown to anybody: it may quote a part of a password. NULL when out of memory. */
        r = given ? settings_load(c, given, application_name) : error ? -EINVAL : -ENOMEM;
        PQfreemem(error);
        PQconninfoFree(given);
        if (r < 0)
                return r;

        c->error = strdup("not connected yet");
        if (!c->error)
                return -ENOMEM;
        return sd_event_add_time_relative(c->event, &c->timer, CLOCK_MONOTONIC, 0, 1, on_timer, c);
}

void pg_connect_done(PgClient *c) {
        connection_close(c);
        c->lookup = pg_lookup_free(c->lookup);
        c->timer = sd_event_source_disable_unref(c->timer);
}
