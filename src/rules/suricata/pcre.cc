// SPDX-License-Identifier: GPL-2.0-or-later
// pcre:"/pattern/flags". https://docs.suricata.io/en/suricata-7.0.10/rules/payload-keywords.html#pcre
#include "handlers.h"
#include "nfsieve/base/wording.h"

namespace nfsieve::suricata {
namespace {

std::optional<Buffer> buffer_of(char letter) {
    switch (letter) {
    case 'U':
        return Buffer::http_uri;
    case 'I':
        return Buffer::http_raw_uri;
    case 'H':
        return Buffer::http_header;
    case 'D':
        return Buffer::http_raw_header;
    case 'M':
        return Buffer::http_method;
    case 'C':
        return Buffer::http_cookie;
    case 'P':
        return Buffer::http_request_body;
    case 'Q':
        return Buffer::http_response_body;
    case 'V':
        return Buffer::http_user_agent;
    case 'W':
        return Buffer::http_host;
    case 'Z':
        return Buffer::http_raw_host;
    case 'Y':
        return Buffer::http_stat_msg;
    case 'S':
        return Buffer::http_stat_code;
    default:
        return std::nullopt;
    }
}

/// Suricata has one buffer for both.
Buffer unified(Buffer buffer) {
    return buffer == Buffer::http_response_body ? Buffer::file_data : buffer;
}

/// False for a letter that is no flag.
bool take_flag(char letter, PcreCheck& pcre) {
    switch (letter) {
    case 'i':
        pcre.caseless = true;
        return true;
    case 's':
        pcre.dotall = true;
        return true;
    case 'm':
        pcre.multiline = true;
        return true;
    case 'x':
        pcre.extended = true;
        return true;
    case 'A':
        pcre.anchored = true;
        return true;
    case 'E':
        pcre.dollar_endonly = true;
        return true;
    case 'G':
        pcre.ungreedy = true;
        return true;
    case 'R':
        pcre.relative = true;
        return true;
    case 'O': // the engine's own limits hold anyway
    case 'B': // a TCP payload is raw
        return true;
    default:
        return false;
    }
}

} // namespace

void read_pcre(Draft& draft, const Option& option, const Keyword&) {
    const auto text = unquoted(option, true);
    const auto slash = text ? text->text.rfind('/') : std::string_view::npos;
    if (!text || !text->text.starts_with('/') || slash == 0 || slash == std::string_view::npos) {
        draft.complain(option, "write the pattern as \"/pattern/flags\", and ';' in it as \\;");
        return;
    }
    PcreCheck pcre;
    pcre.pattern = std::string(text->text.substr(1, slash - 1));
    pcre.negated = text->negated;
    std::optional<Buffer> buffer;
    std::string_view flags = text->text.substr(slash + 1);
    // ", flow:name" captures a variable. Nothing here could look at it: flowvar, pktvar and lua are refused.
    flags = trimmed(flags.substr(0, flags.find(',')));
    for (std::size_t i = 0; i < flags.size(); ++i) {
        const auto chosen = buffer_of(flags[i]);
        if (chosen && (!buffer || *buffer == *chosen))
            buffer = chosen;
        else if (chosen || !take_flag(flags[i], pcre))
            return draft.complain_at(text->at + slash + 1 + i,
                                     "pcre: the flag " + in_quotes(flags.substr(i, 1)) +
                                         (chosen ? " chooses a second buffer"
                                                 : " is not known; there are i s m x A E G R O B and one "
                                                   "letter for a buffer"));
    }
    if (!buffer) {
        draft.add(option, {std::move(pcre)}, Draft::Otherwise::payload);
        return;
    }
    if (!draft.sticky()) {
        draft.add_to({*buffer, {}, {}}, option, {std::move(pcre)}, true);
    } else if (unified(draft.current_view().buffer) == unified(*buffer)) {
        draft.add(option, {std::move(pcre)}, Draft::Otherwise::payload);
    } else {
        draft.complain(option, "its flag asks for " + in_quotes(info(*buffer).name) +
                                   " under another sticky buffer; open that buffer, or put pkt_data in "
                                   "front of it");
    }
}

} // namespace nfsieve::suricata
