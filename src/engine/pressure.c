/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/pressure.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"

#define SOME "some avg10="

int pressure_parse(const char *text, uint32_t *ret) {
        uint32_t percent, hundredths;
        char number[4] = {};
        size_t digits;

        if (!startswith(text, SOME))
                return -EBADMSG;
        text += strlen(SOME);
        digits = strspn(text, "0123456789");
        if (digits < 1 || digits > 3 || text[digits] != '.')
                return -EBADMSG;
        memcpy(number, text, digits);
        if (text_parse_u32(number, &percent) < 0)
                return -EBADMSG;
        text += digits + 1;
        if (strspn(text, "0123456789") != 2)
                return -EBADMSG;
        hundredths = (uint32_t) (text[0] - '0') * 10 + (uint32_t) (text[1] - '0');
        *ret = percent * 100 + hundredths;
        return 0;
}

int pressure_read(const char *path, uint32_t *ret) {
        _cleanup_(closep) int fd = -EBADF;
        char text[256];
        ssize_t n;

        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        n = read(fd, text, sizeof(text) - 1);
        if (n < 0)
                return -errno;
        text[n] = 0;
        return pressure_parse(text, ret);
}

uint32_t throttle_window_next(uint32_t window, uint32_t workers, uint32_t active, bool exceeded) {
        window = MIN(window, workers);
        if (exceeded)
                return MIN(window, active) / 2;
        if (window >= workers)
                return UINT32_MAX;
        return window == 0 ? 1 : window * 2 < workers ? window * 2 : UINT32_MAX;
}

ThrottleVerdict throttle_check_look(ThrottleCheck *c, bool active, bool succeeded, int status) {
        c->looks = active ? c->looks + 1 : 0;
        if (!active && c->started) {
                c->known = true;
                c->failed = !succeeded;
                c->status = status;
        }
        if (c->looks >= THROTTLE_CHECK_LOOKS_MAX) {
                c->known = false;
                return THROTTLE_HANGS;
        }
        return !c->known ? THROTTLE_UNKNOWN : c->failed ? THROTTLE_UNWELL : THROTTLE_WELL;
}
