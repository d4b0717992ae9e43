/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Stands in for migrationd on a private bus: the interface of dbus/org.migrationd1.xml with canned plans and
 * reports, so that the command line can be tested without a database and without systemd. An interface of its
 * own, org.migrationd1.Fake, lets the test drive it:
 *
 *   SetState(s)   state of report 3, without a signal
 *   SetDone(t)    counter of report 3's running step, without a signal
 *   Announce()    PropertiesChanged of report 3, and ReportFinished when it is at its end
 *   Fail(s)       every further call is answered with this error; "": no more
 *   Last() -> s   the last request with its arguments and options
 *   Reads() -> u  how often a report was read
 *   Refused() -> u  how often the error of Fail was given
 *
 * Arguments: the state of report 3 at the start (default: running). */

#include <inttypes.h>
#include <stdio.h>
#include <systemd/sd-bus.h>

#include "base/text.h"
#include "model/state.h"

#define PREFIX "/org/migrationd1"
#define START_USEC UINT64_C(1700000000000000)

static struct {
        sd_bus *bus;
        State state;
        uint64_t done;
        uint32_t workers;
        char *fail;
        char *last;
        uint32_t reads, refused;
        bool replied;           /* to the call at hand, with an error */
} fake = { .state = STATE_RUNNING, .done = 4000, .workers = 4 };

/* Report 1 is completed, 2 has failed, 3 is what the test makes of it, 4 was canceled. */
static State report_state(uint32_t id) {
        static const State states[] = { STATE_COMPLETED, STATE_FAILED, STATE_RUNNING, STATE_CANCELED };

        return id == 3 ? fake.state : states[id - 1];
}

static bool finished(State s) {
        return s == STATE_COMPLETED || s == STATE_FAILED || s == STATE_CANCELED;
}

static void remember(const char *format, ...) _printf_(1, 2);

static void remember(const char *format, ...) {
        va_list ap;

        free(TAKE_PTR(fake.last));
        va_start(ap, format);
        if (vasprintf(&fake.last, format, ap) < 0)
                fake.last = NULL;
        va_end(ap);
}

/* "key=value" for each option, in the order they come. */
static char *read_options(sd_bus_message *m) {
        char *text = strdup("");
        const char *key, *type;

        (void) sd_bus_message_enter_container(m, 'a', "{sv}");
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                _cleanup_(freep) char *before = text;
                const char *s = "?";
                uint32_t u = 0;
                int b = 0;

                (void) sd_bus_message_read(m, "s", &key);
                (void) sd_bus_message_peek_type(m, NULL, &type);
                if (streq(type, "s"))
                        (void) sd_bus_message_read(m, "v", "s", &s);
                else if (streq(type, "u"))
                        (void) sd_bus_message_read(m, "v", "u", &u);
                else if (streq(type, "b"))
                        (void) sd_bus_message_read(m, "v", "b", &b);
                else
                        (void) sd_bus_message_skip(m, "v");
                if (streq(type, "u"))
                        text = text_format("%s %s=%" PRIu32, before, key, u);
                else
                        text = text_format("%s %s=%s", before, key,
                                           streq(type, "b") ? (b ? "true" : "false") : s);
                (void) sd_bus_message_exit_container(m);
        }
        return text;
}

static int append_steps(sd_bus_message *m, uint32_t id) {
        State s = report_state(id);
        const char *current = finished(s) ? state_to_string(s) : "running";
        uint64_t done = id == 3 && !finished(s) ? fake.done : s == STATE_COMPLETED ? 20000 : 4000;
        uint64_t end = finished(s) ? START_USEC + 60 * USEC_PER_SEC : 0;
        int r;

        r = sd_bus_message_append(m, "{sv}", "Done", "t", done);
        if (r < 0)
                return r;
        return sd_bus_message_append(m, "{sv}", "Steps", "a(ssstttt)", 3, "premigration",
                                     "Reading the archive", "completed", UINT64_C(1), UINT64_C(1), START_USEC,
                                     START_USEC + 2 * USEC_PER_SEC, "content", "Migrating content", current,
                                     done, UINT64_C(20000), START_USEC + 2 * USEC_PER_SEC, end,
                                     "publications", "Migrating publications",
                                     s == STATE_COMPLETED ? "completed" : "waiting", UINT64_C(0), UINT64_C(0),
                                     UINT64_C(0), UINT64_C(0));
}

static int append_report(sd_bus_message *m, uint32_t id) {
        State s = report_state(id);
        bool failed = s == STATE_FAILED;
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_steps(m, id);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}{sv}", "Id", "u", id, "Plan",
                                          "o", PREFIX "/plan/_1", "PlanName", "s", "files", "Migration", "s",
                                          "pulp2to3", "State", "s", state_to_string(s), "PauseMode", "s",
                                          s == STATE_PAUSED ? "drain" : "", "Workers", "u", fake.workers,
                                          "Options", "s", "{\"skip_corrupted\":true,\"dry_run\":false}",
                                          "UID", "u", (uint32_t) 0);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}{sv}{sv}{sv}{sv}{sv}{sv}", "Total", "t", UINT64_C(20001),
                                          "Tasks", "a{su}", 3, "running", finished(s) ? 0 : 4, "waiting", 12,
                                          "completed", 5, "Problems", "t", UINT64_C(10), "FailedUnit", "s",
                                          failed ? "migration-pulp2to3-content-2-7-3.service" : "",
                                          "FailedError", "s",
                                          failed ? "no such file: \033[31m/content/a.iso" : "", "WaitReason",
                                          "s", "", "Elsewhere", "s", "");
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}{sv}{sv}{sv}{sv}", "CreatedUSec", "t", START_USEC,
                                          "StartedUSec", "t", START_USEC, "FinishedUSec", "t",
                                          finished(s) ? START_USEC + 60 * USEC_PER_SEC : UINT64_C(0),
                                          "EtaLowUSec", "t", UINT64_C(0), "EtaHighUSec", "t", UINT64_C(0));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_plan(sd_bus_message *m) {
        return sd_bus_message_append(m, "a{sv}", 6, "Id", "u", (uint32_t) 1, "Name", "s", "files",
                                     "Migration", "s", "pulp2to3", "Document", "s",
                                     "{\"plugins\":[{\"type\":\"iso\"}]}", "UID", "u", (uint32_t) 0,
                                     "CreatedUSec", "t", START_USEC);
}

/* Answers at once; the reply at hand is then not sent. */
static int reply_error(sd_bus_message *m, const char *name, const char *text) {
        fake.replied = true;
        return sd_bus_reply_method_errorf(m, name, "%s", text);
}

static int list_reports(sd_bus_message *m, sd_bus_message *reply) {
        uint32_t limit = 1000, offset = 0;
        _cleanup_(strv_freep) char **states = NULL;
        const char *key;
        int r = 0;

        (void) sd_bus_message_enter_container(m, 'a', "{sv}");
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                (void) sd_bus_message_read(m, "s", &key);
                if (streq(key, "states")) {
                        (void) sd_bus_message_enter_container(m, 'v', "as");
                        (void) sd_bus_message_read_strv(m, &states);
                        (void) sd_bus_message_exit_container(m);
                } else
                        (void) sd_bus_message_read(m, "v", "u", streq(key, "limit") ? &limit : &offset);
                (void) sd_bus_message_exit_container(m);
        }
        (void) sd_bus_message_open_container(reply, 'a', "(oa{sv})");
        for (uint32_t id = 1 + offset; r >= 0 && id <= 4 && id <= offset + limit; id++) {
                _cleanup_(freep) char *path = text_format(PREFIX "/report/_%" PRIu32, id);
                bool wanted = !states;

                for (char **s = states; s && *s; s++)
                        wanted = wanted || streq(*s, state_to_string(report_state(id)));
                if (!wanted)
                        continue;
                (void) sd_bus_message_open_container(reply, 'r', "oa{sv}");
                (void) sd_bus_message_append(reply, "o", path);
                r = append_report(reply, id);
                (void) sd_bus_message_close_container(reply);
        }
        return sd_bus_message_close_container(reply);
}

static int list_plans(sd_bus_message *reply) {
        (void) sd_bus_message_open_container(reply, 'a', "(oa{sv})");
        (void) sd_bus_message_open_container(reply, 'r', "oa{sv}");
        (void) sd_bus_message_append(reply, "o", PREFIX "/plan/_1");
        (void) append_plan(reply);
        (void) sd_bus_message_close_container(reply);
        return sd_bus_message_close_container(reply);
}

static int list_tasks(sd_bus_message *reply) {
        return sd_bus_message_append(reply, "aa{sv}", 2, 13, "Id", "u", (uint32_t) 1, "Step", "s",
                                     "premigration", "Kind", "s", "main", "State", "s", "completed",
                                     "Attempt", "u", (uint32_t) 1, "Done", "t", UINT64_C(1), "Total", "t",
                                     UINT64_C(1), "Result", "s", "success", "ExitStatus", "i", 0, "CPUUSec",
                                     "t", UINT64_C(1500000), "MemoryPeak", "t", UINT64_MAX, "StartedUSec",
                                     "t", START_USEC, "FinishedUSec", "t", START_USEC + 2 * USEC_PER_SEC, 9,
                                     "Id", "u", (uint32_t) 7, "Step", "s", "content", "Kind", "s", "main",
                                     "State", "s", "failed", "Attempt", "u", (uint32_t) 3, "Class", "s",
                                     "exit-code", "ExitStatus", "i", 66, "MemoryPeak", "t", UINT64_C(1048576),
                                     "Error", "s", "no such file: \033[31m/content/a.iso");
}

static int list_problems(sd_bus_message *reply) {
        return sd_bus_message_append(reply, "aa{sv}", 1, 5, "Id", "t", UINT64_C(1), "Task", "u", (uint32_t) 7,
                                     "Step", "s", "content", "Item", "s", "a.iso", "Reason", "s",
                                     "checksum differs");
}

/* GetPlan and GetReport: the ids that exist. */
static int find(sd_bus_message *m, sd_bus_message *reply, const char *member) {
        const char *name;
        uint32_t id;

        if (streq(member, "GetPlan")) {
                (void) sd_bus_message_read(m, "s", &name);
                if (!streq(name, "files") && !streq(name, "1"))
                        return reply_error(m, "org.migrationd1.Error.NoSuchPlan", "No such plan");
                return sd_bus_message_append(reply, "o", PREFIX "/plan/_1");
        }
        (void) sd_bus_message_read(m, "u", &id);
        if (id < 1 || id > 4)
                return reply_error(m, "org.migrationd1.Error.NoSuchReport", "No such report");
        return sd_bus_message_append(reply, "o",
                                     (const char *[]){ PREFIX "/report/_1", PREFIX "/report/_2",
                                                       PREFIX "/report/_3", PREFIX "/report/_4" }[id - 1]);
}

static int create_plan(sd_bus_message *m, sd_bus_message *reply) {
        _cleanup_(freep) char *options = NULL;
        const char *migration, *document;

        (void) sd_bus_message_read(m, "ss", &migration, &document);
        options = read_options(m);
        remember("CreatePlan %s %s%s", migration, document, options);
        if (!streq(migration, "pulp2to3"))
                return reply_error(m, "org.migrationd1.Error.NoSuchMigration", "No such migration");
        return sd_bus_message_append(reply, "o", PREFIX "/plan/_2");
}

static int run_plan(sd_bus_message *m, sd_bus_message *reply) {
        _cleanup_(freep) char *options = NULL;
        uint32_t id;

        (void) sd_bus_message_read(m, "u", &id);
        options = read_options(m);
        remember("Run %" PRIu32 "%s", id, options);
        return sd_bus_message_append(reply, "o", PREFIX "/report/_3");
}

static int list_migrations(sd_bus_message *reply) {
        return sd_bus_message_append(reply, "a(ssss)", 2, "pulp2to3",
                                     "/usr/lib/migrationd/migrations/pulp2to3.json", "Pulp", "", "bad",
                                     "/etc/migrationd/migrations/bad.json", "", "/steps: missing");
}

static int on_manager(sd_bus_message *m, sd_bus_message *reply, const char *member) {
        if (streq(member, "GetPlan") || streq(member, "GetReport"))
                return find(m, reply, member);
        if (streq(member, "ListReports"))
                return list_reports(m, reply);
        if (streq(member, "ListPlans"))
                return list_plans(reply);
        if (streq(member, "ListMigrations"))
                return list_migrations(reply);
        if (streq(member, "CreatePlan"))
                return create_plan(m, reply);
        if (streq(member, "Run"))
                return run_plan(m, reply);
        if (streq(member, "DeletePlan")) {
                remember("DeletePlan");
                return reply_error(m, "org.migrationd1.Error.PlanInUse", "The plan has reports");
        }
        return -ENOSYS;
}

static int on_report(sd_bus_message *m, sd_bus_message *reply, const char *member, uint32_t id) {
        _cleanup_(freep) char *options = NULL;
        const char *mode = "";
        uint32_t workers = 0;

        if (streq(member, "ListTasks"))
                return list_tasks(reply);
        if (streq(member, "ListProblems"))
                return list_problems(reply);
        if (streq(member, "Pause"))
                (void) sd_bus_message_read(m, "s", &mode);
        if (streq(member, "SetWorkers"))
                (void) sd_bus_message_read(m, "u", &workers);
        options = read_options(m);
        if (workers > 0)
                remember("SetWorkers %" PRIu32 " %" PRIu32 "%s", id, workers, options);
        else
                remember("%s %" PRIu32 "%s%s%s", member, id, mode[0] ? " " : "", mode, options);
        if (streq(member, "Cancel") && id == 3 && finished(fake.state))
                return reply_error(m, "org.migrationd1.Error.BadState", "The report is finished");
        return 0;
}

static int on_get(sd_bus_message *m, sd_bus_message *reply) {
        const char *interface, *property;

        (void) sd_bus_message_read(m, "ss", &interface, &property);
        if (streq(property, "Version"))
                return sd_bus_message_append(reply, "v", "s", MIGRATIOND_VERSION);
        if (streq(property, "StoreStatus"))
                return sd_bus_message_append(reply, "v", "s", "connected");
        if (streq(property, "SchemaVersion"))
                return sd_bus_message_append(reply, "v", "u", 3);
        if (streq(property, "Elsewhere"))
                return sd_bus_message_append(reply, "v", "s", "");
        if (streq(property, "Unfinished"))
                return sd_bus_message_append(reply, "v", "o",
                                             finished(fake.state) ? "/" : PREFIX "/report/_3");
        return -ENOSYS;
}

static int announce(void) {
        (void) sd_bus_emit_signal(fake.bus, PREFIX "/report/_3", "org.freedesktop.DBus.Properties",
                                  "PropertiesChanged", "sa{sv}as", "org.migrationd1.Report", 0, 1, "State");
        if (finished(fake.state))
                (void) sd_bus_emit_signal(fake.bus, PREFIX, "org.migrationd1.Manager", "ReportFinished",
                                          "uos", (uint32_t) 3, PREFIX "/report/_3",
                                          state_to_string(fake.state));
        return 0;
}

static int on_fake(sd_bus_message *m, sd_bus_message *reply, const char *member) {
        const char *text;

        if (streq(member, "Last"))
                return sd_bus_message_append(reply, "s", fake.last ? fake.last : "");
        if (streq(member, "Reads"))
                return sd_bus_message_append(reply, "u", fake.reads);
        if (streq(member, "Refused"))
                return sd_bus_message_append(reply, "u", fake.refused);
        if (streq(member, "Announce"))
                return announce();
        if (streq(member, "SetDone"))
                return sd_bus_message_read(m, "t", &fake.done);
        (void) sd_bus_message_read(m, "s", &text);
        if (streq(member, "SetState"))
                fake.state = state_from_string(text);
        else {
                free(fake.fail);
                fake.fail = text[0] ? strdup(text) : NULL;
                fake.refused = 0;
        }
        return 0;
}

static int dispatch(sd_bus_message *m, sd_bus_message *reply) {
        const char *member = sd_bus_message_get_member(m), *path = sd_bus_message_get_path(m);
        const char *interface = sd_bus_message_get_interface(m), *tail = strrchr(path, '/');
        uint32_t id = 0;

        if (streq(interface, "org.migrationd1.Fake"))
                return on_fake(m, reply, member);
        if (fake.fail) {
                fake.refused++;
                return reply_error(m, fake.fail, "said to fail");
        }
        if (streq(member, "Get"))
                return on_get(m, reply);
        if (streq(interface, "org.migrationd1.Manager"))
                return on_manager(m, reply, member);
        if (startswith(path, PREFIX "/plan/"))
                return append_plan(reply);
        if (tail[1] != '_' || text_parse_u32(tail + 2, &id) < 0 || id < 1 || id > 4)
                return reply_error(m, SD_BUS_ERROR_UNKNOWN_OBJECT, "No such object");
        if (!streq(member, "GetAll"))
                return on_report(m, reply, member, id);
        fake.reads++;
        return append_report(reply, id);
}

static int on_call(sd_bus_message *m, _unused_ void *userdata, _unused_ sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        fake.replied = false;
        r = dispatch(m, reply);
        if (r < 0 || fake.replied)
                return MIN(r, 1);
        r = sd_bus_send(NULL, reply, NULL);
        return r < 0 ? r : 1;
}

int main(int argc, char **argv) {
        int r;

        if (argc > 1)
                fake.state = state_from_string(argv[1]);
        r = sd_bus_open_system(&fake.bus);
        if (r >= 0)
                r = sd_bus_add_fallback(fake.bus, NULL, PREFIX, on_call, NULL);
        if (r >= 0)
                r = sd_bus_request_name(fake.bus, "org.migrationd1", 0);
        while (r >= 0) {
                r = sd_bus_process(fake.bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(fake.bus, UINT64_MAX);
        }
        (void) fprintf(stderr, "fake-service: %s\n", strerror(-r));
        return EXIT_FAILURE;
}
