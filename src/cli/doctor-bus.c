/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The checks of doctor that ask the bus. */

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <systemd/sd-bus.h>

#include "base/text.h"
#include "cli/doctor.h"
#include "client/report.h"
#include "config/settings.h"
#include "model/names.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define POLKIT "org.freedesktop.PolicyKit1"

/* A poll that ends is started again after a second; one that lives longer than this does not end at once. */
#define POLL_STEADY_USEC (2 * USEC_PER_SEC)
#define POLL_LOOK_USEC (4 * USEC_PER_SEC)
#define POLL_LOOK_EVERY_MSEC 150

/* What the code was written for, and what records the peak memory of a unit. Source: systemd's NEWS. */
#define SYSTEMD_MIN 252
#define SYSTEMD_MEMORY_PEAK 255

static sd_bus *bus(const Doctor *d) {
        return d->cli->client.bus;
}

static const char *why(int error, const sd_bus_error *e) {
        return e->message ? e->message : strerror(-error);
}

static bool list_has(char *const *list, const char *word) {
        for (; list && *list; list++)
                if (streq(*list, word))
                        return true;
        return false;
}

static void check_version(Doctor *d) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(freep) char *version = NULL;
        int r;

        r = client_get_text(&d->cli->client, CLIENT_PATH, CLIENT_MANAGER, "Version", 's', &error, &version);
        if (r < 0) {
                doctor_say(d, HEALTH_FAIL, "service", "journalctl -u migrationd -n 20",
                           "migrationd does not answer: %s", why(r, &error));
                return;
        }
        d->service = true;
        if (!streq(version, MIGRATIOND_VERSION))
                doctor_say(d, HEALTH_WARN, "service", "systemctl restart migrationd",
                           "migrationd answers with version %s, migrationctl has %s", version,
                           MIGRATIOND_VERSION);
        else
                doctor_say(d, HEALTH_OK, "service", NULL, "migrationd answers, version %s", version);
}

void doctor_check_service(Doctor *d) {
        _cleanup_(strv_freep) char **running = NULL, **activatable = NULL;
        int r;

        r = sd_bus_list_names(bus(d), &running, &activatable);
        if (r < 0)
                doctor_say(d, HEALTH_FAIL, "service", "systemctl status dbus",
                           "the bus does not list its names: %s", strerror(-r));
        else if (!list_has(running, CLIENT_SERVICE) && !list_has(activatable, CLIENT_SERVICE))
                doctor_say(d, HEALTH_FAIL, "service", "systemctl reload dbus",
                           "the bus does not know " CLIENT_SERVICE
                           ": it is not installed, or the bus has not read its files yet");
        else
                check_version(d);
}

/* Takes those of our actions that polkit lists out of a set of bits. */
static int read_actions(sd_bus_message *m, const char *const *ids, unsigned *missing) {
        const char *id;
        int r;

        r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "(ssssssuuua{ss})");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, SD_BUS_TYPE_STRUCT, "ssssssuuua{ss}")) > 0) {
                r = sd_bus_message_read(m, "s", &id);
                if (r < 0)
                        return r;
                for (size_t i = 0; ids[i]; i++)
                        if (streq(ids[i], id))
                                *missing &= ~(1u << i);
                r = sd_bus_message_skip(m, "sssssuuua{ss}");
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r;
}

void doctor_check_polkit(Doctor *d) {
        static const char *const ids[] = { CLIENT_SERVICE ".read", CLIENT_SERVICE ".manage-plans",
                                           CLIENT_SERVICE ".run", CLIENT_SERVICE ".control", NULL };
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        unsigned missing = (1u << (ELEMENTSOF(ids) - 1)) - 1;
        int r;

        r = sd_bus_call_method(bus(d), POLKIT, "/org/freedesktop/PolicyKit1/Authority", POLKIT ".Authority",
                               "EnumerateActions", &error, &reply, "s", "");
        if (r < 0) {
                doctor_say(d, HEALTH_FAIL, "polkit", "systemctl start polkit", "polkit does not answer: %s",
                           why(r, &error));
                return;
        }
        r = read_actions(reply, ids, &missing);
        if (r < 0)
                doctor_say(d, HEALTH_FAIL, "polkit", NULL, "polkit's list of actions can't be read: %s",
                           strerror(-r));
        else if (missing != 0)
                doctor_say(d, HEALTH_FAIL, "polkit", "systemctl restart polkit", "polkit does not know %s",
                           ids[__builtin_ctz(missing)]);
        else
                doctor_say(d, HEALTH_OK, "polkit", NULL, "polkit runs and knows the actions");
}

void doctor_check_store(Doctor *d) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(freep) char *status = NULL;
        uint32_t schema = 0;
        int r;

        if (!d->service)
                return doctor_say(d, HEALTH_SKIP, "database", NULL,
                                  "not checked, since the service does not answer");
        r = client_get_text(&d->cli->client, CLIENT_PATH, CLIENT_MANAGER, "StoreStatus", 's', &error,
                            &status);
        if (r >= 0)
                r = client_get_u32(&d->cli->client, CLIENT_PATH, CLIENT_MANAGER, "SchemaVersion", &error,
                                   &schema);
        if (r < 0)
                return doctor_say(d, HEALTH_FAIL, "database", "journalctl -u migrationd -n 20",
                                  "the service does not say how its database is: %s", why(r, &error));
        d->store = streq(status, "connected");
        if (!d->store)
                return doctor_say(d, HEALTH_FAIL, "database",
                                  "systemctl status migrationd-postgresql; journalctl -u migrationd",
                                  "the service is not connected to its database: %s", status);
        if (schema == 0)
                return doctor_say(d, HEALTH_FAIL, "database", "journalctl -u migrationd -n 20",
                                  "connected, but the schema has no version");
        doctor_say(d, HEALTH_OK, "database", NULL, "connected, schema version %" PRIu32, schema);
}

/* The bus path of a unit, NULL when PID 1 does not say. */
static char *unit_path(const Doctor *d, const char *unit) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *path;

        if (sd_bus_call_method(bus(d), SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager", "LoadUnit",
                               NULL, &reply, "s", unit) < 0 ||
            sd_bus_message_read(reply, "o", &path) < 0)
                return NULL;
        return strdup(path);
}

/* A property of a unit, "" when it can't be read. */
static char *unit_property(const Doctor *d, const char *unit, const char *interface, const char *property) {
        _cleanup_(freep) char *path = unit_path(d, unit);
        char *value = NULL;

        if (path)
                (void) sd_bus_get_property_string(bus(d), SYSTEMD, path, interface, property, NULL, &value);
        return value ? value : strdup("");
}

/* When a unit became active, CLOCK_MONOTONIC of its machine; 0: never. */
static uint64_t unit_active_since(const Doctor *d, const char *unit) {
        _cleanup_(freep) char *path = unit_path(d, unit);
        uint64_t usec = 0;

        if (path)
                (void) sd_bus_get_property_trivial(bus(d), SYSTEMD, path, SYSTEMD ".Unit",
                                                   "ActiveEnterTimestampMonotonic", NULL, 't', &usec);
        return usec;
}

/* Whether the configuration names a database of its own; -1 when it can't be read from here. */
static int database_is_external(const Doctor *d) {
        _cleanup_(settings_freep) Settings *settings = NULL;
        _cleanup_(freep) char *error = NULL;

        if (!doctor_is_local(d) || settings_load("", &settings, &error) < 0)
                return -1;
        return !settings->embedded;
}

void doctor_check_postgresql(Doctor *d) {
        _cleanup_(freep) char *state = unit_property(d, "migrationd-postgresql.service", SYSTEMD ".Unit",
                                                      "ActiveState");
        int external = database_is_external(d);

        if (external > 0)
                doctor_say(d, HEALTH_OK, "postgresql", NULL, "not used: migrationd.conf names a database");
        else if (streq_ptr(state, "active"))
                doctor_say(d, HEALTH_OK, "postgresql", NULL, "migrationd-postgresql.service is active");
        else if (external < 0 && d->store)
                doctor_say(d, HEALTH_OK, "postgresql", NULL,
                           "migrationd-postgresql.service is %s; the service has a database",
                           state && state[0] ? state : "unknown");
        else
                doctor_say(d, HEALTH_FAIL, "postgresql", "systemctl status migrationd-postgresql",
                           "migrationd-postgresql.service is %s", state && state[0] ? state : "unknown");
}

void doctor_check_systemd(Doctor *d) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(freep) char *text = NULL;
        unsigned version = 0;
        int r;

        r = sd_bus_get_property_string(bus(d), SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager",
                                       "Version", &error, &text);
        if (r < 0)
                return doctor_say(d, HEALTH_FAIL, "systemd", "ps -p 1",
                                  "systemd is not this machine's PID 1, or does not answer: %s",
                                  why(r, &error));
        (void) sscanf(text, "%u", &version);
        if (version < SYSTEMD_MIN)
                doctor_say(d, HEALTH_FAIL, "systemd", NULL, "version %s, at least %u is needed", text,
                           SYSTEMD_MIN);
        else if (version < SYSTEMD_MEMORY_PEAK)
                doctor_say(d, HEALTH_OK, "systemd", NULL,
                           "version %s; peak memory of tasks is recorded from %u on", text,
                           SYSTEMD_MEMORY_PEAK);
        else
                doctor_say(d, HEALTH_OK, "systemd", NULL, "version %s; peak memory of tasks is recorded",
                           text);
}

static usec_t now_usec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

/* Looks at a service that its timer starts again whenever it ends, so that a single look may find it alive although it
 * always ends at once. Returns whether it stays; else *ret_result is its Result= when it has failed, or what it is. */
static bool poll_stays(const Doctor *d, const char *service, char **ret_result) {
        usec_t begin = now_usec(), now = begin, seen = begin;
        uint64_t since = 0;
        bool failed = false;

        for (;;) {
                _cleanup_(freep) char *state = unit_property(d, service, SYSTEMD ".Unit", "ActiveState");
                uint64_t active = unit_active_since(d, service);
                bool is_active = streq_ptr(state, "active");

                now = now_usec();
                if (active != since)
                        /* Of another machine's clock nothing is known. */
                        seen = doctor_is_local(d) && active < now ? active : now;
                since = active;
                if (is_active && now - seen >= POLL_STEADY_USEC)
                        return true;
                if (streq_ptr(state, "failed")) {
                        failed = true;
                        free(*ret_result);
                        *ret_result = unit_property(d, service, SYSTEMD ".Service", "Result");
                }
                if (now - begin >= POLL_LOOK_USEC) {
                        if (!failed)
                                *ret_result = TAKE_PTR(state);
                        return is_active && !failed;
                }
                (void) poll(NULL, 0, POLL_LOOK_EVERY_MSEC);
        }
}

static void check_poll(Doctor *d, uint32_t id) {
        _cleanup_(freep) char *service = poll_service_name(id), *result = NULL, *next = NULL;

        next = text_format("journalctl -n 20 -u %s", service ?: "");
        if (service && next && poll_stays(d, service, &result))
                doctor_say(d, HEALTH_OK, "report", NULL,
                           "report %" PRIu32 " is unfinished, its poll runs, and the poll's timer is active", id);
        else
                doctor_say(d, HEALTH_FAIL, "report", next,
                           "report %" PRIu32 " is unfinished, but %s does not stay: %s", id,
                           service ?: "its poll", result && *result ? result : "unknown");
}

void doctor_check_report(Doctor *d) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(freep) char *path = NULL, *elsewhere = NULL, *timer = NULL, *state = NULL, *next = NULL;
        uint32_t id;
        int r;

        if (!d->store)
                return;
        r = client_get_text(&d->cli->client, CLIENT_PATH, CLIENT_MANAGER, "Unfinished", 'o', &error, &path);
        if (r < 0)
                return doctor_say(d, HEALTH_FAIL, "report", NULL,
                                  "the service does not say which report is unfinished: %s", why(r, &error));
        id = client_path_id(path);
        if (id == 0)
                return doctor_say(d, HEALTH_OK, "report", NULL, "no report is unfinished");
        r = client_get_text(&d->cli->client, path, CLIENT_REPORT, "Elsewhere", 's', &error, &elsewhere);
        if (r < 0)
                return doctor_say(d, HEALTH_FAIL, "report", NULL,
                                  "the service does not say what host runs report %" PRIu32 ": %s", id,
                                  why(r, &error));
        if (elsewhere[0])
                return doctor_say(d, HEALTH_OK, "report", NULL,
                                  "report %" PRIu32 " is unfinished, and run by host %s", id, elsewhere);
        timer = poll_timer_name(id);
        state = timer ? unit_property(d, timer, SYSTEMD ".Unit", "ActiveState") : NULL;
        next = text_format("systemctl start %s", timer ? timer : "");
        if (streq_ptr(state, "active"))
                check_poll(d, id);
        else
                doctor_say(d, HEALTH_FAIL, "report", next, "report %" PRIu32 " is unfinished, but %s is %s",
                           id, timer ? timer : "its poll timer", state && state[0] ? state : "unknown");
}

/* Returns how many definitions there are; bad ones are told. */
static int read_definitions(Doctor *d, sd_bus_message *m, unsigned *ret_good) {
        const char *name, *file, *description, *error;
        int r, n = 0;

        r = sd_bus_message_enter_container(m, SD_BUS_TYPE_ARRAY, "(ssss)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(ssss)", &name, &file, &description, &error)) > 0) {
                _cleanup_(freep) char *next = text_format("migrationctl definition show %s", name);

                n++;
                if (error[0])
                        doctor_say(d, HEALTH_FAIL, "definition", next, "%s can't be used: %s", name, error);
                else
                        ++*ret_good;
        }
        return r < 0 ? r : n;
}

void doctor_check_definitions(Doctor *d) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        unsigned good = 0;
        int r;

        if (!d->service)
                return doctor_say(d, HEALTH_SKIP, "definition", NULL,
                                  "not checked, since the service does not answer");
        r = client_call(&d->cli->client, CLIENT_PATH, CLIENT_MANAGER, "ListMigrations", &error, &reply, NULL);
        if (r >= 0)
                r = read_definitions(d, reply, &good);
        if (r < 0)
                doctor_say(d, HEALTH_FAIL, "definition", NULL, "the service does not list its migrations: %s",
                           why(r, &error));
        else if (r == 0)
                doctor_say(d, HEALTH_WARN, "definition",
                           "ls /etc/migrationd/migrations /usr/lib/migrationd/migrations",
                           "no migration is installed");
        else if (good > 0)
                doctor_say(d, HEALTH_OK, "definition", NULL, "%u migration%s can be run", good,
                           good == 1 ? "" : "s");
}
