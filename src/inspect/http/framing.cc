// SPDX-License-Identifier: GPL-2.0-or-later
#include "framing.h"

#include "small_letters.h"

#include <algorithm>

namespace nfsieve::http {
namespace {

constexpr std::string_view blanks = " \t";

/// Not the whole string twice for two letters, as find_first_of() would.
std::size_t line_end(std::string_view text, std::size_t at) {
    while (at < text.size() && text[at] != '\r' && text[at] != '\n')
        ++at;
    return at;
}

bool is_named(std::string_view name, std::string_view wanted) {
    return std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(),
                      [](char a, char b) { return small(a) == b; });
}

/// Some receivers overlook what no name may hold.
bool looks_named(std::string_view name, std::string_view wanted) {
    std::size_t at = 0;
    for (const char c : name) {
        if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
            continue;
        if (at == wanted.size() || small(c) != wanted[at])
            return false;
        ++at;
    }
    return at == wanted.size();
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(blanks), text.size());
    text.remove_prefix(begin);
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

template <class Do>
void each_item(std::string_view value, Do&& what) {
    for (std::size_t at = 0; at <= value.size();) {
        const std::size_t comma = std::min(value.find(',', at), value.size());
        what(trimmed(value.substr(at, comma - at)));
        at = comma + 1;
    }
}

/// What the header lines say of the message's end.
class Said {
public:
    explicit Said(std::string_view headers) {
        bool behind_lone_cr = false;
        for (std::size_t at = 0; at < headers.size();) {
            const std::size_t end = line_end(headers, at);
            const bool ends_line =
                headers.substr(end).starts_with("\r\n") || headers.substr(end).starts_with("\n");
            const std::size_t next = std::min(headers.find_first_not_of('\r', end), headers.size());
            const std::size_t behind = next < headers.size() && headers[next] == '\n' ? next + 1 : next;
            const bool goes_on =
                behind < headers.size() && blanks.find(headers[behind]) != std::string_view::npos;
            take(headers.substr(at, end - at), behind_lone_cr || !ends_line || goes_on);
            behind_lone_cr = !ends_line;
            at = std::max(behind, at + 1);
        }
    }

    bool odd = false; ///< receivers differ in whether there is such a header, or what it says
    bool length = false, chunked = false, identity = false, chunked_twice = false;
    std::string_view first_length;

private:
    /// `unclear`: the line does not begin or end as lines do, or is folded.
    void take(std::string_view line, bool unclear) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            return;
        constexpr std::string_view length_name = "content-length", coding_name = "transfer-encoding";
        const std::string_view name = line.substr(0, colon);
        const bool is_length = looks_named(name, length_name);
        if (!is_length && !looks_named(name, coding_name))
            return;
        odd = odd || unclear || name.size() != (is_length ? length_name : coding_name).size();
        const std::string_view value = trimmed(line.substr(colon + 1));
        each_item(value, [&](std::string_view item) { is_length ? take_length(item) : take_coding(item); });
    }

    void take_length(std::string_view item) {
        constexpr std::size_t most_digits = 18; // receivers overflow beyond
        const bool number =
            !item.empty() && item.size() <= most_digits &&
            std::all_of(item.begin(), item.end(), [](char c) { return c >= '0' && c <= '9'; });
        odd = odd || !number || (length && item != first_length);
        first_length = length ? first_length : item;
        length = true;
    }

    void take_coding(std::string_view item) {
        chunked_twice = chunked_twice || (chunked && is_named(item, "chunked"));
        if (is_named(item, "chunked"))
            chunked = true;
        else if (is_named(item, "identity"))
            identity = true;
        else
            odd = true;
    }
};

} // namespace

/// A Transfer-Encoding goes before a Content-Length, but servers that are older than that, and those that
/// know no chunks, go by the length.
bool request_end_is_ambiguous(const htp_tx_t& tx, std::string_view headers) {
    const Said said(headers);
    const bool old = tx.request_protocol_number < HTP_PROTOCOL_1_1;
    return said.odd || said.identity || said.chunked_twice || (said.chunked && (said.length || old));
}

/// Beside a Transfer-Encoding all clients overlook a Content-Length. Not all of them take chunks from an
/// HTTP/1.0 server, and browsers read no body of a 205 where curl reads one.
bool response_end_is_ambiguous(const htp_tx_t& tx, std::string_view headers) {
    constexpr int no_content = 204, reset_content = 205, not_modified = 304;
    const int status = tx.response_status_number;
    if (tx.request_method_number == HTP_M_HEAD || status == no_content || status == not_modified)
        return false;
    const Said said(headers);
    const bool old = tx.response_protocol_number < HTP_PROTOCOL_1_1;
    const bool empty = !said.chunked && said.first_length.find_first_not_of('0') == std::string_view::npos;
    return said.odd || (said.chunked && (said.identity || old)) || (status == reset_content && !empty);
}

} // namespace nfsieve::http
