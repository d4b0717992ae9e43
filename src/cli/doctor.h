/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The checks of doctor. Each says what it found and, where something is missing, what to type next. */

#include <jansson.h>

#include "cli/cli.h"

typedef enum Health {
        HEALTH_OK,
        HEALTH_SKIP,            /* can't be checked from here */
        HEALTH_WARN,            /* works, with less */
        HEALTH_FAIL,            /* migrations can't run */
} Health;

typedef struct Doctor {
        Cli *cli;
        json_t *findings;       /* of objects: check, health, text, next */
        unsigned n_fail, n_warn;
        bool service;           /* the service answers */
        bool store;             /* and is connected to its database */
} Doctor;

/* Notes and prints a finding. next: a command, or NULL. */
void doctor_say(Doctor *d, Health health, const char *check, const char *next, const char *format, ...)
        _printf_(5, 6);

/* Whether the checks of files and kernel are about the machine that runs this program. */
bool doctor_is_local(const Doctor *d);

/* By way of the bus: service, polkit, database, systemd, unfinished report, definitions as the service sees
 * them. */
void doctor_check_service(Doctor *d);
void doctor_check_polkit(Doctor *d);
void doctor_check_store(Doctor *d);
void doctor_check_postgresql(Doctor *d);
void doctor_check_systemd(Doctor *d);
void doctor_check_report(Doctor *d);
void doctor_check_definitions(Doctor *d);

/* On this machine: disk space, journal, control groups. */
void doctor_check_disk(Doctor *d);
void doctor_check_journal(Doctor *d);
void doctor_check_cgroup(Doctor *d);
