// SPDX-License-Identifier: GPL-2.0-or-later
// Fields of the packet's IP and TCP headers.
// https://docs.suricata.io/en/suricata-7.0.10/rules/header-keywords.html
#include "handlers.h"
#include "nfsieve/base/wording.h"
#include "values.h"

#include <limits>

namespace nfsieve::suricata {
namespace {

std::optional<std::uint8_t> flag_bit(char letter) {
    switch (letter | 0x20) {
    case 'f':
        return std::uint8_t{0x01};
    case 's':
        return std::uint8_t{0x02};
    case 'r':
        return std::uint8_t{0x04};
    case 'p':
        return std::uint8_t{0x08};
    case 'a':
        return std::uint8_t{0x10};
    case 'u':
        return std::uint8_t{0x20};
    case 'e':
    case '2':
        return std::uint8_t{0x40};
    case 'c':
    case '1':
        return std::uint8_t{0x80};
    default:
        return std::nullopt;
    }
}

void demand_packet(Draft& draft, const Option& option) {
    draft.packets.push_back({std::string(option.keyword), option.at});
}

void read_exact(Draft& draft, const Option& option, std::optional<std::uint32_t>& field) {
    const auto value = parse_unsigned(option.value);
    if (!value || *value > std::numeric_limits<std::uint32_t>::max())
        return draft.complain(option, in_quotes(option.value) + " is no number below 2^32");
    field = static_cast<std::uint32_t>(*value);
    demand_packet(draft, option);
}

void read_test(Draft& draft, const Option& option, std::uint64_t most, std::optional<NumberTest>& field) {
    const auto test = parse_number_test(option.value, most);
    if (!test)
        return draft.complain(option, test.error().message);
    field = *test;
    demand_packet(draft, option);
}

} // namespace

void read_flags(Draft& draft, const Option& option, const Keyword&) {
    using Mode = FlagsTest::Mode;
    const auto pieces = split(option.value, option.value_at, ',');
    FlagsTest test;
    bool named = false, good = pieces.size() <= 2;
    for (const char letter : pieces.front().text) {
        const auto bit = flag_bit(letter);
        const bool modifier = letter == '!' || letter == '+' || letter == '*';
        if (modifier && test.mode == Mode::exactly) {
            // "!" holds where not all of the bits are set: what Suricata makes of it, and FlagsTest too.
            test.mode = letter == '!' ? Mode::not_any : letter == '+' ? Mode::all : Mode::any;
        } else if (bit || letter == '0') {
            test.bits = bit ? static_cast<std::uint8_t>(test.bits | *bit) : std::uint8_t{0};
            named = true;
        } else if (letter != ' ') {
            good = false;
        }
    }
    if (pieces.size() == 2) {
        for (const char letter : pieces[1].text) {
            const auto bit = flag_bit(letter);
            good = good && bit;
            test.ignored = static_cast<std::uint8_t>(test.ignored | bit.value_or(0));
        }
        good = good && test.ignored != 0;
    }
    if (!good || !named)
        return draft.complain(option,
                              in_quotes(option.value) +
                                  " are no TCP flags; write letters of FSRPAUEC, or 0 for none, one of "
                                  "! + * in front of them, and behind a comma those to ignore");
    draft.spec.flags = test;
    demand_packet(draft, option);
}

void read_window(Draft& draft, const Option& option, const Keyword&) {
    read_test(draft, option, 65535, draft.spec.window);
}

void read_ttl(Draft& draft, const Option& option, const Keyword&) {
    read_test(draft, option, 255, draft.spec.ttl);
}

void read_ack(Draft& draft, const Option& option, const Keyword&) {
    read_exact(draft, option, draft.spec.ack);
}

void read_seq(Draft& draft, const Option& option, const Keyword&) {
    read_exact(draft, option, draft.spec.seq);
}

void read_stream_event(Draft& draft, const Option& option, const Keyword&) {
    if (option.value != "suspected_rst_inject")
        return draft.complain(option, in_quotes(option.value) +
                                          " is not noticed here, nfsieve's own policies decide on odd "
                                          "segments; suspected_rst_inject is");
    draft.spec.resumed = true;
    demand_packet(draft, option);
}

} // namespace nfsieve::suricata
