/* A registry value: 4 bytes as a DWORD, the rest as text, 8-bit and 16-bit: a name and an address.
 */
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/driver_options.h"
#include "core/ipv4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* What was read must be the only way to write that address. */
static void expect_same_text(const char *text, size_t length, uint32_t address)
{
    char again[IPV4_TEXT_BYTES];
    size_t written = ipv4_format(address, again);

    expect(written <= length && memcmp(text, again, written) == 0);
    expect(written == length || text[written] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct driver_option *option;
    const char *text;
    uint32_t value, address, wide_address;
    uint16_t wide[64];
    size_t length;
    bool good;

    if (size < 4)
        return 0;
    value = bytes_get_u32(data);
    text = (const char *)data + 4;
    length = size - 4 < 64 ? size - 4 : 64;

    for (unsigned i = 0; i < DRIVER_OPTIONS; i++) {
        uint32_t used = driver_option_value(&driver_options[i], value);

        expect(driver_option_check(&driver_options[i], used));
        expect(used == value || used == driver_options[i].value);
    }
    option = driver_option_find(text, length);
    expect(option == NULL || strlen(option->name) == length);

    good = ipv4_parse(text, length, &address);
    if (good)
        expect_same_text(text, length, address);
    for (size_t i = 0; i < length; i++)
        wide[i] = (uint8_t)text[i];
    expect(ipv4_parse_wide(wide, length, &wide_address) == good);
    expect(!good || wide_address == address);
    for (size_t i = 0; i + 1 < length; i += 2)
        wide[i / 2] = bytes_get_u16(data + 4 + i);
    (void)ipv4_parse_wide(wide, length / 2, &wide_address);
    return 0;
}
