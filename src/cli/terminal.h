/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What standard output can show: width, colours, Unicode; and texts for people. */

#include <stdio.h>

#include "base/macro.h"
#include "model/state.h"

/* Looks at the locale, $SYSTEMD_COLORS, $NO_COLOR and $TERM, once. tty: whether standard output is a
 * terminal, as it is before a pager is put behind it. */
void terminal_init(bool tty);

bool terminal_is_tty(void);
bool terminal_has_color(void);
bool terminal_has_unicode(void);

/* Asks the terminal again, since it may be resized. 80x24 when standard output is none. */
void terminal_size(unsigned *ret_columns, unsigned *ret_rows);

typedef enum Color {
        COLOR_NORMAL,           /* ends a colour */
        COLOR_GREEN,
        COLOR_YELLOW,
        COLOR_RED,
        COLOR_GREY,
        COLOR_BOLD,
} Color;

/* The escape sequence, "" when colours are off. */
const char *terminal_color(Color c);
Color terminal_state_color(State s);

/* For messages on standard error: red where it is a terminal. */
const char *terminal_color_error(void);
const char *terminal_color_error_end(void);

/* One character for a state, as systemctl has them; ASCII where the terminal has no Unicode. */
const char *terminal_dot(State s);

/* The word of a state; "unknown" for one that this program does not know. */
const char *terminal_state(State s);

/* A copy in which control characters are replaced by "?": names and messages come from programs and data, and
 * must not command the terminal. NULL when out of memory. */
char *terminal_safe(const char *s);

/* Columns that a text takes; characters, where the locale can't tell. */
size_t terminal_width(const char *s);

/* A new string that takes at most width columns; a shortened one ends in "…" or "...". NULL when out of
 * memory. */
char *terminal_ellipsize(const char *s, size_t width);

/* "Tue 2026-11-24 07:10:11 UTC" of a time since the epoch, "-" for 0. NULL when out of memory. */
char *terminal_time(uint64_t usec);

/* "1min 5s ago". NULL when out of memory. */
char *terminal_ago(uint64_t usec);

/* A span for people, whole seconds from 10 s on. NULL when out of memory. */
char *terminal_span(uint64_t usec);

/* The name of a user, or its number. NULL when out of memory. */
char *terminal_user(uint32_t uid);
