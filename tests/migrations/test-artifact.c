/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/artifact.h"
#include "migrations/pulp2to3/artifact-sweep.h"

static char root[] = "/tmp/test-artifact-XXXXXX";
static Digests *digests;
static ArtifactStore store;
static int source_fd = -EBADF; /* the directory of the sources */

/* The NIST's example "abc" (FIPS 180-4), and MD5 of RFC 1321, by value. */
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC_NAME "artifact/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static int set_up(void **state) {
        char path[64];

        (void) nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        if (mkdir(root, 0755) < 0)
                return -1;
        (void) snprintf(path, sizeof(path), "%s/source", root);
        if (mkdir(path, 0755) < 0)
                return -1;
        closep(&source_fd);
        source_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        (void) snprintf(path, sizeof(path), "%s/media", root);
        if (mkdir(path, 0755) < 0)
                return -1;
        return artifact_store_open(path, 1, 2, &store, NULL);
}

static int tear_down(void **state) {
        artifact_store_done(&store);
        return 0;
}

static int put(const char *name, const char *text) {
        int fd = openat(source_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        return fd;
}

static DigestSet digest(int fd) {
        DigestSet set;

        assert_int_equal(digests_of_file(digests, fd, NULL, &set), 0);
        return set;
}

static struct stat artifact(const char *name) {
        struct stat st;

        assert_int_equal(fstatat(store.fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
        return st;
}

static void six_digests_are_those_of_the_standards_example(void **state) {
        _cleanup_(closep) int fd = put("abc", "abc");
        DigestSet set = digest(fd);

        assert_string_equal(set.text[DIGEST_MD5], "900150983cd24fb0d6963f7d28e17f72");
        assert_string_equal(set.text[DIGEST_SHA1], "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_string_equal(set.text[DIGEST_SHA224],
                            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
        assert_string_equal(set.text[DIGEST_SHA256], ABC_SHA256);
        assert_true(startswith(set.text[DIGEST_SHA384], "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"));
        assert_true(startswith(set.text[DIGEST_SHA512], "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"));
        assert_int_equal(set.size_bytes, 3);
}

static void a_file_is_linked_under_its_digest_and_found_again(void **state) {
        _cleanup_(closep) int fd = put("abc", "abc"), same = put("same", "abc");
        DigestSet set = digest(fd);

        assert_int_equal(artifact_store_add(&store, source_fd, "abc", fd, &set, NULL), ARTIFACT_LINKED);
        assert_int_equal(artifact(ABC_NAME).st_nlink, 2);
        assert_int_equal(artifact_store_add(&store, source_fd, "abc", fd, &set, NULL), ARTIFACT_LINKED);
        assert_int_equal(artifact_store_add(&store, source_fd, "same", same, &set, NULL), ARTIFACT_PRESENT);
        assert_int_equal(artifact(ABC_NAME).st_nlink, 2);
        assert_int_equal(artifact_store_look(&store, ABC_SHA256, 3, NULL), 0);
        assert_int_equal(artifact_store_sync(&store, NULL), 0);
}

static bool stop(void) {
        return true;
}

static void an_artifact_is_read_where_it_is_whole(void **state) {
        _cleanup_(closep) int fd = -EBADF;
        DigestSet set = {};

        assert_int_equal(artifact_store_read(&store, digests, ABC_SHA256, 3, NULL, &set, NULL), 0);
        assert_int_equal(mkdirat(store.fd, "artifact/ba", 0755), 0);
        fd = openat(store.fd, ABC_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        assert_int_equal(write(fd, "abd", 3), 3);
        assert_int_equal(artifact_store_read(&store, digests, ABC_SHA256, 3, NULL, &set, NULL), 0);
        assert_int_equal(pwrite(fd, "abc", 3, 0), 3);
        assert_int_equal(artifact_store_read(&store, digests, ABC_SHA256, 4, NULL, &set, NULL), 0);
        assert_int_equal(artifact_store_read(&store, digests, ABC_SHA256, 3, stop, &set, NULL), -ECANCELED);
        assert_int_equal(artifact_store_read(&store, digests, ABC_SHA256, 3, NULL, &set, NULL), 1);
        assert_int_equal(artifact_store_read(&store, digests, ABC_SHA256, -1, NULL, &set, NULL), 1);
        assert_int_equal(set.size_bytes, 3);
        assert_string_equal(set.text[DIGEST_SHA256], ABC_SHA256);
        assert_int_equal(artifact_store_sync(&store, NULL), 0);
        /* What has the name and is no file. */
        assert_int_equal(unlinkat(store.fd, ABC_NAME, 0), 0);
        assert_int_equal(symlinkat("/etc/passwd", store.fd, ABC_NAME), 0);
        assert_int_equal(artifact_store_read(&store, digests, ABC_SHA256, -1, NULL, &set, NULL), 0);
}

static void a_file_that_was_replaced_after_it_was_read_gets_no_name(void **state) {
        _cleanup_(freep) char *error = NULL;
        _cleanup_(closep) int fd = put("abc", "abc"), other = -EBADF;
        DigestSet set = digest(fd);

        assert_int_equal(unlinkat(source_fd, "abc", 0), 0);
        other = put("abc", "xyz");
        assert_int_equal(artifact_store_add(&store, source_fd, "abc", fd, &set, &error), -EBADMSG);
        assert_non_null(strstr(error, "replaced"));
        assert_int_equal(artifact_store_look(&store, ABC_SHA256, 3, NULL), -ENOENT);
}

static void something_else_under_the_name_is_reported_and_left_alone(void **state) {
        _cleanup_(freep) char *error = NULL;
        _cleanup_(closep) int fd = put("abc", "abc"), wrong = -EBADF;
        DigestSet set = digest(fd);

        assert_int_equal(mkdirat(store.fd, "artifact/ba", 0755), 0);
        wrong = openat(store.fd, ABC_NAME, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_int_equal(write(wrong, "abcd", 4), 4);
        assert_int_equal(artifact_store_add(&store, source_fd, "abc", fd, &set, &error), -EBADMSG);
        assert_non_null(strstr(error, ABC_NAME));
        assert_int_equal(artifact(ABC_NAME).st_size, 4);
}

static void a_source_on_another_file_system_is_copied_with_its_mode_and_times(void **state) {
        _cleanup_(freep) char *error = NULL;
        _cleanup_(closep) int shm = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
        char name[64];
        struct stat st, here;
        DigestSet set;
        int r;

        if (shm < 0 || fstat(shm, &st) < 0 || fstat(store.fd, &here) < 0 || st.st_dev == here.st_dev)
                skip();
        (void) snprintf(name, sizeof(name), "test-artifact-%i", getpid());
        fd = openat(shm, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, "abc", 3), 3);
        assert_int_equal(futimens(fd, (const struct timespec[2]){ { 1000000000, 0 }, { 1000000000, 0 } }), 0);
        set = digest(fd);
        r = artifact_store_add(&store, shm, name, fd, &set, &error);
        (void) unlinkat(shm, name, 0);
        assert_int_equal(r, ARTIFACT_COPIED);
        assert_int_equal(artifact(ABC_NAME).st_nlink, 1);
        assert_int_equal(artifact(ABC_NAME).st_mode & 0777, 0640);
        assert_int_equal(artifact(ABC_NAME).st_mtime, 1000000000);
        assert_int_equal(faccessat(store.fd, store.temporary, F_OK, 0), -1);
        assert_int_equal(artifact_store_sync(&store, NULL), 0);
}

static void a_written_file_appears_under_its_digest_and_a_second_one_is_dropped(void **state) {
        for (int i = 0; i < 2; i++) {
                DigestSet set;
                int fd;

                assert_int_equal(artifact_store_begin(&store, &fd, NULL), 0);
                assert_int_equal(write(fd, "abc", 3), 3);
                set = digest(fd);
                assert_int_equal(artifact_store_end(&store, fd, &set, NULL),
                                 i == 0 ? ARTIFACT_COPIED : ARTIFACT_PRESENT);
                assert_int_equal(faccessat(store.fd, store.temporary, F_OK, 0), -1);
        }
        assert_int_equal(artifact(ABC_NAME).st_mode & 0777, 0644);
}

static void make(const char *name) {
        int fd = openat(store.fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

        assert_true(fd >= 0);
        closep(&fd);
}

static void what_killed_tasks_left_is_swept_and_nothing_else(void **state) {
        _cleanup_(closep) int fd = put("abc", "abc");
        DigestSet set = digest(fd);

        assert_int_equal(artifact_store_add(&store, source_fd, "abc", fd, &set, NULL), ARTIFACT_LINKED);
        make("artifact/.migration-7-8");
        assert_int_equal(mkdirat(store.fd, "artifact/.migration-7-9.d", 0700), 0);
        make("artifact/.migration-7-9.d/primary.xml");
        /* What it leads to is not the store's. */
        assert_int_equal(symlinkat("../../source", store.fd, "artifact/.migration-7-10.d"), 0);
        make("artifact/.other");
        assert_int_equal(artifact_sweep(store.root, NULL), 0);
        for (const char *const *name = (const char *const[]){ "artifact/.migration-7-8", "artifact/.migration-7-9.d",
                                                              "artifact/.migration-7-10.d", NULL };
             *name; name++)
                assert_int_equal(faccessat(store.fd, *name, F_OK, AT_SYMLINK_NOFOLLOW), -1);
        assert_int_equal(faccessat(store.fd, "artifact/.other", F_OK, 0), 0);
        assert_int_equal(faccessat(source_fd, "abc", F_OK, 0), 0);
        assert_int_equal(artifact(ABC_NAME).st_size, 3);
}

static void a_store_that_is_not_there_has_nothing_to_sweep(void **state) {
        assert_int_equal(unlinkat(store.fd, "artifact", AT_REMOVEDIR), 0);
        assert_int_equal(artifact_sweep(store.root, NULL), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(six_digests_are_those_of_the_standards_example, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(a_file_is_linked_under_its_digest_and_found_again, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(a_file_that_was_replaced_after_it_was_read_gets_no_name,
                                                set_up, tear_down),
                cmocka_unit_test_setup_teardown(something_else_under_the_name_is_reported_and_left_alone,
                                                set_up, tear_down),
                cmocka_unit_test_setup_teardown(
                        a_source_on_another_file_system_is_copied_with_its_mode_and_times, set_up, tear_down),
                cmocka_unit_test_setup_teardown(
                        a_written_file_appears_under_its_digest_and_a_second_one_is_dropped, set_up,
                        tear_down),
                cmocka_unit_test_setup_teardown(an_artifact_is_read_where_it_is_whole, set_up, tear_down),
                cmocka_unit_test_setup_teardown(what_killed_tasks_left_is_swept_and_nothing_else, set_up, tear_down),
                cmocka_unit_test_setup_teardown(a_store_that_is_not_there_has_nothing_to_sweep, set_up, tear_down),
        };
        int failed;

        (void) umask(022);
        if (!mkdtemp(root) || digests_new(&digests, NULL) < 0)
                return 1;
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        digests_free(digests);
        closep(&source_fd);
        (void) nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        return failed;
}
