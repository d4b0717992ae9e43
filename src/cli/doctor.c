/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* doctor: what migrationd needs, what of it is there, and what to type where it is not. */

#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"

static const struct {
        const char *word;
        Color color;
} healths[] = {
        [HEALTH_OK] = { "ok", COLOR_GREEN },
        [HEALTH_SKIP] = { "skip", COLOR_GREY },
        [HEALTH_WARN] = { "warn", COLOR_YELLOW },
        [HEALTH_FAIL] = { "FAIL", COLOR_RED },
};

bool doctor_is_local(const Doctor *d) {
        return d->cli->client.transport == CLIENT_LOCAL;
}

static void print_finding(const Doctor *d, Health health, const char *check, const char *text,
                          const char *next) {
        if (d->cli->quiet && health != HEALTH_FAIL)
                return;
        (void) printf("%s%-4s%s  %-11s  %s\n", terminal_color(healths[health].color), healths[health].word,
                      terminal_color(COLOR_NORMAL), check, text);
        if (next)
                (void) printf("%19s%stype next: %s%s\n", "", terminal_color(COLOR_BOLD), next,
                              terminal_color(COLOR_NORMAL));
        /* A check may take a while; what is known is shown before it. */
        (void) fflush(stdout);
}

void doctor_say(Doctor *d, Health health, const char *check, const char *next, const char *format, ...) {
        _cleanup_(freep) char *text = NULL, *safe = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        safe = text ? terminal_safe(text) : NULL;
        d->n_fail += health == HEALTH_FAIL;
        d->n_warn += health == HEALTH_WARN;
        if (d->cli->json == JSON_MODE_OFF)
                print_finding(d, health, check, safe ? safe : "", next);
        else
                (void) json_array_append_new(d->findings,
                                             json_pack("{s:s, s:s, s:s?, s:s?}", "check", check, "health",
                                                       healths[health].word, "text", text, "next", next));
}

/* Without a bus nothing can be asked; what this machine has can still be looked at. */
static bool check_bus(Doctor *d) {
        int r;

        if (d->cli->host) {
                d->cli->client.transport = CLIENT_HOST;
                d->cli->client.host = d->cli->host;
        } else if (d->cli->machine) {
                d->cli->client.transport = CLIENT_MACHINE;
                d->cli->client.host = d->cli->machine;
        }
        r = client_connect(&d->cli->client);
        if (r < 0) {
                doctor_say(d, HEALTH_FAIL, "bus", "systemctl status dbus.socket dbus.service",
                           "the system bus is not reachable: %s", strerror(-r));
                return false;
        }
        doctor_say(d, HEALTH_OK, "bus", NULL, "connected to the system bus");
        return true;
}

static void print_summary(const Doctor *d) {
        if (d->n_fail == 0 && d->n_warn == 0)
                (void) printf("\nAll is well.\n");
        else
                (void) printf("\n%u FAIL, %u warn.\n", d->n_fail, d->n_warn);
}

int doctor_verb(Cli *cli, _unused_ char **arguments) {
        _cleanup_(json_decrefp) json_t *findings = json_array();
        Doctor d = { .cli = cli, .findings = findings };

        if (check_bus(&d)) {
                doctor_check_systemd(&d);
                doctor_check_service(&d);
                doctor_check_polkit(&d);
                doctor_check_store(&d);
                doctor_check_postgresql(&d);
                doctor_check_report(&d);
                doctor_check_definitions(&d);
        }
        doctor_check_disk(&d);
        doctor_check_journal(&d);
        doctor_check_cgroup(&d);

        if (cli->json != JSON_MODE_OFF)
                (void) output_json(cli, findings);
        else if (!cli->quiet && !cli->no_legend)
                print_summary(&d);
        return d.n_fail > 0 ? EXIT_FAILED : EXIT_COMPLETED;
}
