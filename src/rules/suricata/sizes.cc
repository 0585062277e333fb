// SPDX-License-Identifier: GPL-2.0-or-later
// Keywords about how long something is.
#include "handlers.h"
#include "nfsieve/base/wording.h"
#include "values.h"

#include <limits>

namespace nfsieve::suricata {

void read_isdataat(Draft& draft, const Option& option, const Keyword&) {
    IsDataAtCheck check;
    std::vector<Piece> pieces = split(option.value, option.value_at, ',');
    Piece& first = pieces.front();
    if (first.text.starts_with('!')) {
        check.negated = true;
        const std::string_view rest = trimmed(first.text.substr(1));
        first = {rest, first.at + (first.text.size() - rest.size())};
    }
    for (std::size_t i = 1; i < pieces.size(); ++i) {
        if (pieces[i].text == "relative")
            check.relative = true;
        else if (pieces[i].text != "rawbytes")
            return draft.complain_at(pieces[i].at, "isdataat: " + in_quotes(pieces[i].text) +
                                                       " is not known; it takes relative and rawbytes");
    }
    const auto offset = draft.operand(option, first, 0, 65535);
    if (!offset)
        return;
    check.offset = *offset;
    draft.add(option, {check}, check.relative ? Draft::Otherwise::last_match : Draft::Otherwise::payload);
}

void read_bsize(Draft& draft, const Option& option, const Keyword&) {
    if (!draft.sticky()) {
        draft.complain(option, "stands under no sticky buffer whose size it could test; for a packet's "
                               "payload write dsize");
        return;
    }
    const auto test = parse_number_test(option.value, std::numeric_limits<std::uint64_t>::max());
    if (!test)
        draft.complain(option, test.error().message);
    else
        draft.add(option, {SizeCheck{*test}}, Draft::Otherwise::payload);
}

void read_urilen(Draft& draft, const Option& option, const Keyword&) {
    const std::vector<Piece> pieces = split(option.value, option.value_at, ',');
    Buffer buffer = Buffer::http_uri;
    if (pieces.size() == 2 && pieces[1].text == "raw")
        buffer = Buffer::http_raw_uri;
    else if (pieces.size() > 2 || (pieces.size() == 2 && pieces[1].text != "norm"))
        return draft.complain_at(pieces[1].at, "urilen: write norm or raw behind the length, or nothing");
    const auto test = parse_number_test(pieces.front().text, 65535);
    if (!test)
        draft.complain(option, test.error().message);
    else
        draft.add_to({buffer, {}, {}}, option, {SizeCheck{*test}}, false);
}

void read_dsize(Draft& draft, const Option& option, const Keyword&) {
    const auto test = parse_number_test(option.value, 65535);
    if (!test)
        return draft.complain(option, test.error().message);
    draft.spec.dsize.push_back(*test);
    draft.packets.push_back({std::string(option.keyword), option.at});
}

} // namespace nfsieve::suricata
