#include "scream/sources_text.h"

#include <string.h>

#include "core/ipv4.h"

static bool refuse(const char *item, size_t length, const char *why, struct failure *failure)
{
    failure_set(failure, EXIT_USAGE,
                "'%.*s' in --sources %s; it takes mix, latest, first, or a list as "
                "192.168.1.20,10.0.0.0/8",
                length > 60 ? 60 : (int)length, item, why);
    return false;
}

/* "/0" to "/32". */
static bool read_prefix(const char *text, size_t length, uint32_t *bits)
{
    *bits = 0;
    if (length < 2 || length > 3 || (length == 3 && text[1] == '0'))
        return false;
    for (size_t i = 1; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *bits = *bits * 10 + (uint32_t)(text[i] - '0');
    }
    return *bits <= 32;
}

static bool read_network(const char *item, size_t length, struct demux_network *network,
                         struct failure *failure)
{
    const char *slash = memchr(item, '/', length);
    size_t address_length = slash ? (size_t)(slash - item) : length;
    uint32_t bits = 32;

    if (!ipv4_parse(item, address_length, &network->address) ||
        (slash && !read_prefix(slash, length - address_length, &bits)))
        return refuse(item, length, "is no IPv4 address or network", failure);
    network->mask = bits == 0 ? 0 : 0xffffffffu << (32 - bits);
    if ((network->address & ~network->mask) != 0)
        return refuse(item, length,
                      "is an address within a network: leave its end 0, or leave "
                      "the / out",
                      failure);
    return true;
}

bool sources_text_read(const char *text, struct demux_sources *sources, struct failure *failure)
{
    static const struct {
        const char *name;
        enum demux_policy policy;
    } policies[] = {{"mix", DEMUX_MIX}, {"latest", DEMUX_LATEST}, {"first", DEMUX_FIRST}};
    struct demux_sources list = {.policy = sources->policy};

    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        if (strcmp(text, policies[i].name) == 0) {
            *sources = (struct demux_sources){.policy = policies[i].policy};
            return true;
        }
    }
    for (;;) {
        size_t length = strcspn(text, ",");

        if (list.network_count == DEMUX_NETWORKS_MAX)
            return refuse(text, length, "is one too many", failure);
        if (!read_network(text, length, &list.networks[list.network_count++], failure))
            return false;
        if (text[length] == '\0')
            break;
        text += length + 1;
    }
    *sources = list;
    return true;
}
