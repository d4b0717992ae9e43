/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "bus/property.h"
#include "lib/bus-message.h"

static char column_id[] = "id", column_state[] = "state", column_peak[] = "peak";

static const BusProperty table[] = {
        { "Id", "u", "id", BUS_PROPERTY_CONST },
        { "State", "s", "state", BUS_PROPERTY_CHANGES },
        { "Peak", "t", "peak", 0, .fallback = "18446744073709551615" },
        { "Large", "s", "state", BUS_PROPERTY_SINGLE },
        {}
};

/* One row; NULL is NULL. */
static PGresult *row_of(const char *id, const char *state, const char *peak) {
        PGresult *res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
        PGresAttDesc columns[] = { { .name = column_id }, { .name = column_state }, { .name = column_peak } };
        const char *const values[] = { id, state, peak };

        assert_true(PQsetResultAttrs(res, 3, columns));
        for (int i = 0; i < 3; i++) {
                _cleanup_(freep) char *value = values[i] ? strdup(values[i]) : NULL;

                assert_true(PQsetvalue(res, 0, i, value, value ? (int) strlen(value) : -1));
        }
        return res;
}

static void a_row_becomes_a_dictionary(void **state) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = bus_message_new(*state);
        PGresult *res = row_of("7", "running", "5000000000");
        const char *id_key, *state_key, *peak_key, *word;
        uint32_t id;
        uint64_t peak;

        assert_true(bus_properties_append(m, table, &(const BusRow) { .result = res }, BUS_PROPERTY_SINGLE) >= 0);
        bus_message_seal(m);
        assert_true(sd_bus_message_read(m, "a{sv}", 3, &id_key, "u", &id, &state_key, "s", &word, &peak_key, "t", &peak) > 0);
        assert_string_equal(id_key, "Id");
        assert_int_equal(id, 7);
        assert_string_equal(word, "running");
        assert_int_equal(peak, 5000000000);
        PQclear(res);
}

static void what_the_database_does_not_know_has_its_fallback(void **state) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = bus_message_new(*state);
        PGresult *res = row_of(NULL, NULL, NULL);
        const BusRow row = { .result = res };
        const char *word;
        uint64_t peak;
        uint32_t id;

        for (const BusProperty *p = table; p < table + 3; p++)
                assert_true(bus_property_append(m, p, &row) >= 0);
        bus_message_seal(m);
        assert_true(sd_bus_message_read(m, "vvv", "u", &id, "s", &word, "t", &peak) > 0);
        assert_int_equal(id, 0);
        assert_string_equal(word, "");
        assert_true(peak == UINT64_MAX);
        PQclear(res);
}

static void a_number_that_does_not_fit_is_refused_and_not_cut(void **state) {
        static const char *const numbers[] = { "4294967296", "-1", "seven", "7 " };

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = bus_message_new(*state);
                PGresult *res = row_of(numbers[i], "", "1");

                assert_int_equal(bus_property_append(m, &table[0], &(const BusRow) { .result = res }), -ERANGE);
                PQclear(res);
        }
}

static void a_vtable_has_the_members_and_the_properties(void **state) {
        static const sd_bus_vtable members[] = {
                SD_BUS_VTABLE_START(0),
                SD_BUS_SIGNAL("Gone", "", 0),
                SD_BUS_VTABLE_END
        };
        _cleanup_(freep) sd_bus_vtable *vtable = NULL;

        assert_int_equal(bus_vtable_new(members, table, &vtable), 0);
        assert_int_equal(vtable[0].type, _SD_BUS_VTABLE_START);
        assert_int_equal(vtable[1].type, _SD_BUS_VTABLE_SIGNAL);
        assert_int_equal(vtable[2].type, _SD_BUS_VTABLE_PROPERTY);
        assert_string_equal(vtable[2].x.property.member, "Id");
        assert_true(vtable[2].flags & SD_BUS_VTABLE_PROPERTY_CONST);
        assert_true(vtable[3].flags & SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE);
        assert_false(vtable[4].flags & (SD_BUS_VTABLE_PROPERTY_CONST | SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE));
        assert_int_equal(vtable[6].type, _SD_BUS_VTABLE_END);
}

#define with_bus(test) cmocka_unit_test_setup_teardown(test, bus_message_setup, bus_message_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                with_bus(a_row_becomes_a_dictionary),
                with_bus(what_the_database_does_not_know_has_its_fallback),
                with_bus(a_number_that_does_not_fit_is_refused_and_not_cut),
                cmocka_unit_test(a_vtable_has_the_members_and_the_properties),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
