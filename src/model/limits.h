/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Limits that more than one room has to agree on. */

/* A plan's document. A message on the system bus may have 32 MiB (dbus-daemon(1), max_message_size); 4 MiB is far
 * above any plan: 10 000 repositories take about 3 MiB. */
#define PLAN_DOCUMENT_BYTES_MAX (4 * 1024 * 1024)

/* A definition file. */
#define DEFINITION_BYTES_MAX (256 * 1024)

/* Nesting of a JSON document; deeper ones are refused before they are parsed into memory (jansson's own limit is
 * 2048). */
#define JSON_DEPTH_MAX 64

/* The window of a report: 128 unanswered calls per connection is the bus's limit, and PID 1 slows down with loaded
 * units. */
#define WORKERS_MAX 1024

/* The log of a task: lines above are dropped by journald with a note, so that 100 MB on stdout do not fill the disk.
 */
#define TASK_LOG_BURST 10000
