/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/terminal.h"

#include <inttypes.h>
#include <langinfo.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "base/text.h"

static struct {
        bool tty, color, unicode;
} terminal;

static bool word_is_false(const char *s) {
        static const char *const words[] = { "0", "no", "n", "false", "f", "off" };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strcasecmp(s, words[i]) == 0)
                        return true;
        return false;
}

/* $SYSTEMD_COLORS decides when set, as in all of systemd's tools; else a terminal that can, unless $NO_COLOR
 * is set. */
static bool want_color(bool tty) {
        const char *e = getenv("SYSTEMD_COLORS"), *term = getenv("TERM");

        if (e && *e)
                return !word_is_false(e);
        e = getenv("NO_COLOR");
        if (e && *e)
                return false;
        return tty && term && !streq(term, "dumb");
}

void terminal_init(bool tty) {
        terminal.tty = tty;
        terminal.color = want_color(tty);
        terminal.unicode = tty && streq(nl_langinfo(CODESET), "UTF-8");
}

bool terminal_is_tty(void) {
        return terminal.tty;
}

bool terminal_has_color(void) {
        return terminal.color;
}

bool terminal_has_unicode(void) {
        return terminal.unicode;
}

static unsigned number_from_environment(const char *name) {
        const char *e = getenv(name);
        uint32_t value;

        return e && text_parse_u32(e, &value) >= 0 && value < 100000 ? value : 0;
}

void terminal_size(unsigned *ret_columns, unsigned *ret_rows) {
        struct winsize size = {};
        unsigned columns, rows;

        (void) ioctl(terminal.tty ? STDOUT_FILENO : STDERR_FILENO, TIOCGWINSZ, &size);
        columns = number_from_environment("COLUMNS");
        rows = number_from_environment("LINES");
        if (columns == 0)
                columns = size.ws_col > 0 ? size.ws_col : 80;
        if (rows == 0)
                rows = size.ws_row > 0 ? size.ws_row : 24;
        *ret_columns = columns;
        *ret_rows = rows;
}

const char *terminal_color(Color c) {
        static const char *const sequences[] = {
                [COLOR_NORMAL] = "\033[0m",
                [COLOR_GREEN] = "\033[0;1;32m",
                [COLOR_YELLOW] = "\033[0;1;33m",
                [COLOR_RED] = "\033[0;1;31m",
                [COLOR_GREY] = "\033[0;90m",
                [COLOR_BOLD] = "\033[0;1m",
        };

        return terminal.color ? sequences[c] : "";
}

Color terminal_state_color(State s) {
        switch (s) {
        case STATE_RUNNING:
        case STATE_COMPLETED:
                return COLOR_GREEN;
        case STATE_PAUSED:
        case STATE_CANCELING:
                return COLOR_YELLOW;
        case STATE_FAILED:
        case STATE_LOST:
                return COLOR_RED;
        default:
                return COLOR_GREY;
        }
}

static bool error_color(void) {
        return terminal.color && isatty(STDERR_FILENO);
}

const char *terminal_color_error(void) {
        return error_color() ? "\033[0;1;31m" : "";
}

const char *terminal_color_error_end(void) {
        return error_color() ? "\033[0m" : "";
}

const char *terminal_dot(State s) {
        switch (s) {
        case STATE_RUNNING:
        case STATE_CANCELING:
        case STATE_PAUSED:
                return terminal.unicode ? "●" : "*";
        case STATE_COMPLETED:
                return terminal.unicode ? "✓" : "+";
        case STATE_FAILED:
        case STATE_LOST:
                return terminal.unicode ? "×" : "x";
        default:
                return terminal.unicode ? "○" : "o";
        }
}

const char *terminal_state(State s) {
        const char *word = s >= 0 ? state_to_string(s) : NULL;

        return word ? word : "unknown";
}

char *terminal_safe(const char *s) {
        char *copy = strdup(s);

        /* C1 controls are two bytes in UTF-8, C2 80..9F; terminals obey some of them too. */
        for (unsigned char *p = (unsigned char *) copy; p && *p; p++)
                if (*p < 0x20 || *p == 0x7f)
                        *p = *p == '\n' || *p == '\t' ? ' ' : '?';
                else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
                        p[0] = p[1] = '?';
        return copy;
}

size_t terminal_width(const char *s) {
        mbstate_t state = {};
        size_t width = 0;

        while (*s) {
                wchar_t c;
                size_t n = mbrtowc(&c, s, MB_CUR_MAX, &state);

                if (n == 0 || n == (size_t) -1 || n == (size_t) -2) {
                        memset(&state, 0, sizeof(state));
                        n = 1;
                        width++;
                } else
                        width += (size_t) MAX(wcwidth(c), 0);
                s += n;
        }
        return width;
}

/* Bytes of s that fit into width columns. */
static size_t prefix_bytes(const char *s, size_t width) {
        mbstate_t state = {};
        size_t bytes = 0, used = 0;

        while (s[bytes]) {
                wchar_t c;
                size_t n = mbrtowc(&c, s + bytes, MB_CUR_MAX, &state), w = 1;

                if (n == 0 || n == (size_t) -1 || n == (size_t) -2) {
                        memset(&state, 0, sizeof(state));
                        n = 1;
                } else
                        w = (size_t) MAX(wcwidth(c), 0);
                if (used + w > width)
                        break;
                used += w;
                bytes += n;
        }
        return bytes;
}

char *terminal_ellipsize(const char *s, size_t width) {
        const char *dots = terminal.unicode ? "…" : "...";
        size_t dots_width = terminal.unicode ? 1 : 3;

        if (terminal_width(s) <= width)
                return strdup(s);
        if (width <= dots_width)
                return strndup(s, prefix_bytes(s, width));
        return text_format("%.*s%s", (int) prefix_bytes(s, width - dots_width), s, dots);
}

char *terminal_time(uint64_t usec) {
        time_t seconds = (time_t) (usec / USEC_PER_SEC);
        char text[64];
        struct tm tm;

        if (usec == 0 || !localtime_r(&seconds, &tm) ||
            strftime(text, sizeof(text), "%a %Y-%m-%d %H:%M:%S %Z", &tm) == 0)
                return strdup("-");
        return strdup(text);
}

char *terminal_span(uint64_t usec) {
        if (usec >= 10 * USEC_PER_SEC)
                usec -= usec % USEC_PER_SEC;
        else if (usec >= USEC_PER_SEC)
                return text_format("%.1fs", (double) usec / USEC_PER_SEC);
        return text_format_usec(usec);
}

char *terminal_ago(uint64_t usec) {
        _cleanup_(freep) char *span = NULL;
        struct timespec now;
        uint64_t now_usec;

        (void) clock_gettime(CLOCK_REALTIME, &now);
        now_usec = (uint64_t) now.tv_sec * USEC_PER_SEC + (uint64_t) now.tv_nsec / 1000;
        span = terminal_span((now_usec > usec ? now_usec - usec : 0) / USEC_PER_SEC * USEC_PER_SEC);
        return span ? text_format("%s ago", span) : NULL;
}

char *terminal_user(uint32_t uid) {
        struct passwd *p = getpwuid(uid);

        return p ? strdup(p->pw_name) : text_format("%" PRIu32, uid);
}
