#include "core/driver_options.h"

#define DEFAULT_GROUP 0xefff4d4du /* 239.255.77.77 */
#define BEFORE_MULTICAST 0xdfffffffu
#define MEBIBYTES_MAX (UINT32_MAX >> 20) /* below 4 GiB: an x86 kernel could map no more */

const struct driver_option driver_options[DRIVER_OPTIONS] = {
    [DRIVER_OPTION_UNICAST_IPV4] = {"UnicastIPv4", DRIVER_OPTION_ADDRESS, DEFAULT_GROUP,
                                    UINT32_MAX},
    [DRIVER_OPTION_UNICAST_PORT] = {"UnicastPort", DRIVER_OPTION_NUMBER, 4010, 65535},
    [DRIVER_OPTION_UNICAST_SRC_IPV4] = {"UnicastSrcIPv4", DRIVER_OPTION_ADDRESS, 0,
                                        BEFORE_MULTICAST},
    [DRIVER_OPTION_UNICAST_SRC_PORT] = {"UnicastSrcPort", DRIVER_OPTION_NUMBER, 0, 65535},
    [DRIVER_OPTION_TTL] = {"TTL", DRIVER_OPTION_NUMBER, 0, 255},
    [DRIVER_OPTION_DSCP] = {"DSCP", DRIVER_OPTION_NUMBER, 0, 63},
    [DRIVER_OPTION_SILENCE_THRESHOLD] = {"SilenceThreshold", DRIVER_OPTION_NUMBER, 0, UINT32_MAX},
    [DRIVER_OPTION_USE_IVSHMEM] = {"UseIVSHMEM", DRIVER_OPTION_NUMBER, 0, MEBIBYTES_MAX},
    [DRIVER_OPTION_VERSION] = {"Version", DRIVER_OPTION_NUMBER, 0, UINT32_MAX},
};

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool same_name(const char *name, const char *text, size_t length)
{
    size_t i;

    for (i = 0; i < length && name[i] != '\0'; i++) {
        if (lower(name[i]) != lower(text[i]))
            return false;
    }
    return i == length && name[i] == '\0';
}

const struct driver_option *driver_option_find(const char *name, size_t length)
{
    for (unsigned i = 0; i < DRIVER_OPTIONS; i++) {
        if (same_name(driver_options[i].name, name, length))
            return &driver_options[i];
    }
    return NULL;
}

bool driver_option_check(const struct driver_option *option, uint32_t value)
{
    return value <= option->most;
}

uint32_t driver_option_value(const struct driver_option *option, uint32_t value)
{
    return value != 0 && driver_option_check(option, value) ? value : option->value;
}
