/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The migration's configuration: pulp2to3.conf with its drop-ins. */

#include "base/macro.h"

#define CONFIGURATION_NAME "pulp2to3.conf"

/* What the content paths of a dump begin with. Source: Pulp 2's storage directory, units/ lies in it. */
#define PULP2_CONTENT_DIRECTORY "/var/lib/pulp/content"

typedef struct Configuration {
        char *archive;        /* [Pulp2] Archive=: the mongodump archive */
        char *content;        /* [Pulp2] Content=: the directory that holds units/ */
        char *pulp2_database; /* [Pulp2] ArchiveDatabase=: name of the database in the archive; default pulp_database
                               */
        char *pulp3_database; /* [Pulp3] Database=: connection string */
        char *media_root; /* [Pulp3] MediaRoot=: artifacts go to artifact/ in it; default /var/lib/pulp/media
                           */
        char *key_file;   /* [Pulp3] KeyFile=: of the encrypted columns; default as Pulp's */
        usec_t target_usec; /* [Tasks] TargetDuration=: what a task's work is sized for; default 5 s */
} Configuration;

/* Accepts NULL, returns NULL. */
Configuration *configuration_free(Configuration *c);
DEFINE_CLEANUP(Configuration *, configuration_free);

/* Reads ROOT/etc/migrationd/pulp2to3.conf, or the one in /run, or in /usr/lib, and the drop-ins
 * pulp2to3.conf.d/ of the three in the order of their names. Returns 0, or a negative errno with a text that
 * names file, line and key: unknown sections and keys are refused, and what has no default must be set. root:
 * "" except in tests. */
int configuration_load(const char *root, Configuration **ret, char **ret_error);
