/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/apt-index.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"

static int create(int directory_fd, const char *name) {
        int fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

        return fd < 0 ? -errno : fd;
}

int apt_index_open(AptIndex *i, int directory_fd) {
        int fd;

        *i = (AptIndex){};
        fd = create(directory_fd, APT_INDEX);
        if (fd < 0)
                return fd;
        i->plain = fdopen(fd, "w");
        if (!i->plain) {
                (void) close(fd);
                return -ENOMEM;
        }
        fd = create(directory_fd, APT_INDEX_GZ);
        if (fd < 0)
                return fd;
        i->compressed = gzdopen(fd, "wb9");
        if (!i->compressed) {
                (void) close(fd);
                return -ENOMEM;
        }
        return 0;
}

int apt_index_add(AptIndex *i, const json_t *package, const AptFile *file, char **ret_reason) {
        _cleanup_(freep) char *stanza = NULL;
        int r;

        r = apt_stanza_new(package, file, &stanza, ret_reason);
        if (r < 0)
                return r;
        errno = 0;
        if (fputs(stanza, i->plain) < 0 || gzputs(i->compressed, stanza) < 0)
                return errno > 0 ? -errno : -EIO;
        return 0;
}

int apt_index_close(AptIndex *i) {
        int r = 0;

        errno = 0;
        if (i->plain && fclose(i->plain) != 0)
                r = errno > 0 ? -errno : -EIO;
        errno = 0;
        if (i->compressed && gzclose(i->compressed) != Z_OK && r >= 0)
                r = errno > 0 ? -errno : -EIO;
        *i = (AptIndex){};
        return r;
}
