/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of definitions share: a directory for their files, and loading that asserts. */

#include "config/definition.h"

/* Root of the test's files; below /run, since a file in a directory that others can write to is not trusted. */
extern char root[64];

/* Group set-up and tear-down of cmocka: make and remove that directory. */
int definition_setup(void **state);
int definition_teardown(void **state);

/* Writes a file below the root; the path is borrowed until the next call. */
const char *put(const char *name, const char *text, size_t size);
const char *put_text(const char *name, const char *text);

/* A definition with these members beside its name, and one plain step; owned by the caller. */
char *with_members(const char *members);

/* A definition whose one step has these members beside the required ones; owned by the caller. */
char *with_step(const char *members);

/* Loads this text as x.json, not trusted. */
Definition *load(const char *text);

/* Loading this text as x.json gives this errno, and an error of one line that has the file's path, then the
 * pointer (or the rest of the place), and somewhere the reason. */
void expect_refused(const char *text, size_t size, bool trusted, int error_wanted, const char *pointer,
                    const char *reason);
