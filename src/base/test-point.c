/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/test-point.h"

#if TEST_POINTS

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void test_point(const char *kind, const char *what, const char *when) {
        static char armed[256];
        static unsigned seen;
        char line[256] = "", point[200];
        unsigned wanted = 0;
        FILE *f;

        f = fopen(TEST_POINT_FILE, "re");
        if (!f)
                return;
        if (!fgets(line, sizeof(line), f))
                *line = 0;
        (void) fclose(f);
        if (!streq(line, armed)) {
                memcpy(armed, line, sizeof(armed));
                seen = 0;
        }
        snprintf(point, sizeof(point), "%s %s %s ", kind, what, when);
        for (char *c = point + strlen(kind) + 1; c < point + strlen(kind) + 1 + strlen(what); c++)
                if (*c == ' ')
                        *c = '-';
        if (!startswith(line, point) || sscanf(line + strlen(point), "%u", &wanted) != 1 || ++seen != wanted)
                return;
        (void) raise(SIGSTOP);
}

#endif
