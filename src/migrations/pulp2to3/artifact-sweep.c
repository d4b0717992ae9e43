/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/artifact-sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/artifact.h"

static int remove_directory(int directory_fd, const char *name, const char *path, char **ret_error) {
        _cleanup_(closep) int fd = openat(directory_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int r;

        if (fd < 0)
                return text_error(ret_error, -errno, "%s/%s: %s", path, name, strerror(errno));
        r = artifact_remove_entries(fd, "", path, ret_error);
        if (r < 0)
                return r;
        return unlinkat(directory_fd, name, AT_REMOVEDIR) < 0
                       ? text_error(ret_error, -errno, "%s/%s: cannot remove: %s", path, name, strerror(errno))
                       : 0;
}

static int remove_entry(int directory_fd, const char *name, const char *path, char **ret_error) {
        struct stat st;

        if (fstatat(directory_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return text_error(ret_error, -errno, "%s/%s: %s", path, name, strerror(errno));
        if (S_ISDIR(st.st_mode))
                return remove_directory(directory_fd, name, path, ret_error);
        return unlinkat(directory_fd, name, 0) < 0
                       ? text_error(ret_error, -errno, "%s/%s: cannot remove: %s", path, name, strerror(errno))
                       : 0;
}

int artifact_remove_entries(int directory_fd, const char *prefix, const char *path, char **ret_error) {
        int fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
        DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        if (!directory) {
                r = text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
                closep(&fd);
                return r;
        }
        while (r >= 0 && (entry = readdir(directory)))
                if (!streq(entry->d_name, ".") && !streq(entry->d_name, "..") &&
                    strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
                        r = remove_entry(directory_fd, entry->d_name, path, ret_error);
        (void) closedir(directory);
        return r;
}

int artifact_sweep(const char *media_root, char **ret_error) {
        _cleanup_(freep) char *path = text_format("%s/artifact", media_root);
        _cleanup_(closep) int fd = -EBADF;

        if (!path)
                return -ENOMEM;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
        return artifact_remove_entries(fd, ARTIFACT_TEMPORARY_PREFIX, path, ret_error);
}
