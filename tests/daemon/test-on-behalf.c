/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/on-behalf.h"

/* What the gateway's calls look like: uid 900 is its user here. */
static int apply(const OnBehalf *o, uint32_t sender_uid, Caller *ret, const char *wanted_error) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Manager m = { .gateway_uid = 900 };
        int r;

        *ret = (Caller){ .uid = sender_uid, .pid = 7 };
        r = on_behalf_apply(o, &m, ret, &error);
        assert_true((r < 0) == (wanted_error != NULL));
        if (wanted_error)
                assert_string_equal(error.message, wanted_error);
        return r;
}

static void a_call_without_the_option_is_its_sender_s(void **state) {
        Caller c;

        assert_int_equal(apply(&(const OnBehalf){}, 900, &c, NULL), 0);
        assert_int_equal(c.uid, 900);
        assert_null(c.via);
}

static void the_gateway_s_call_is_the_user_s(void **state) {
        Caller c;

        assert_int_equal(apply(&(const OnBehalf){ .given = true, .uid = 1001 }, 900, &c, NULL), 0);
        assert_int_equal(c.uid, 1001);
        assert_int_equal(c.pid, 7);
        assert_string_equal(c.via, "migrationd-rest");
}

static void nobody_else_may_call_for_others_and_root_neither(void **state) {
        Caller c;

        apply(&(const OnBehalf){ .given = true, .uid = 1001 }, 0, &c,
              "Option 'on-behalf-uid' is for the user migrationd-rest only, not for uid 0");
        assert_int_equal(c.uid, 0);
        assert_null(c.via);
        apply(&(const OnBehalf){ .given = true, .uid = 1001 }, 1001, &c,
              "Option 'on-behalf-uid' is for the user migrationd-rest only, not for uid 1001");
}

static void a_uid_that_polkit_cannot_be_asked_about_is_refused(void **state) {
        Caller c;

        apply(&(const OnBehalf){ .given = true, .uid = UINT32_MAX }, 900, &c, "Option 'on-behalf-uid': 4294967295 is not a user");
        apply(&(const OnBehalf){ .given = true, .uid = 2147483648 }, 900, &c, "Option 'on-behalf-uid': 2147483648 is not a user");
        assert_null(c.via);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_call_without_the_option_is_its_sender_s),
                cmocka_unit_test(the_gateway_s_call_is_the_user_s),
                cmocka_unit_test(nobody_else_may_call_for_others_and_root_neither),
                cmocka_unit_test(a_uid_that_polkit_cannot_be_asked_about_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
