// SPDX-License-Identifier: GPL-2.0-or-later
// TLS keywords that take a value where newer ones open a buffer.
// https://docs.suricata.io/en/suricata-7.0.10/rules/tls-keywords.html
#include "handlers.h"
#include "keyword_table.h"
#include "nfsieve/base/wording.h"

#include <algorithm>
#include <array>
#include <utility>

namespace nfsieve::suricata {
namespace {

ContentCheck whole(std::string text) {
    ContentCheck content;
    content.offset = Operand{};
    content.depth = Operand{static_cast<std::int64_t>(text.size()), std::nullopt};
    content.bytes = std::move(text);
    content.ends_with = true;
    return content;
}

/// What Buffer::tls_version says of a version's two bytes.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> wire_versions = {{
    {"0x0300", "SSLv3"},
    {"0x0301", "1.0"},
    {"0x0302", "1.1"},
    {"0x0303", "1.2"},
    {"0x0304", "1.3"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> ssl_versions = {{
    {"sslv2", "SSLv2"},
    {"sslv3", "SSLv3"},
    {"tls1.0", "1.0"},
    {"tls1.1", "1.1"},
    {"tls1.2", "1.2"},
    {"tls1.3", "1.3"},
}};

} // namespace

void read_tls_version(Draft& draft, const Option& option, const Keyword&) {
    const auto text = unquoted(option, true);
    const std::string_view asked = text ? text->text : std::string_view{};
    for (const auto& [wire, name] : wire_versions)
        if (text && !text->negated && (asked == wire || (asked == name && name != "SSLv3")))
            return draft.add_to({Buffer::tls_version, {}, {}}, option, {whole(std::string(name))}, false);
    draft.complain(option, in_quotes(option.value) + " is no version of TLS; write 1.0, 1.1, 1.2 or 1.3");
}

void read_ssl_version(Draft& draft, const Option& option, const Keyword&) {
    std::string pattern;
    std::optional<bool> negated;
    for (const Piece& piece : split(option.value, option.value_at, ',')) {
        std::string_view word = piece.text;
        const bool no = word.starts_with('!');
        if (no)
            word = trimmed(word.substr(1));
        std::string lower(word);
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        const auto* found = std::find_if(ssl_versions.begin(), ssl_versions.end(),
                                         [&](const auto& entry) { return entry.first == lower; });
        if (found == ssl_versions.end())
            return draft.complain_at(piece.at, "ssl_version: " + in_quotes(word) +
                                                   " is no version; there are sslv2, sslv3, tls1.0, tls1.1, "
                                                   "tls1.2 and tls1.3");
        if (negated.value_or(no) != no)
            return draft.complain_at(piece.at, "ssl_version: versions with and without ! do not mix");
        negated = no;
        pattern += pattern.empty() ? "" : "|";
        for (const char c : found->second)
            pattern += c == '.' ? std::string("\\.") : std::string(1, c);
    }
    PcreCheck pcre;
    pcre.pattern = "^(?:" + pattern + ")$";
    pcre.dollar_endonly = true;
    pcre.negated = negated.value_or(false);
    draft.add_to({Buffer::tls_version, {}, {}}, option, {std::move(pcre)}, false);
}

/// tls.subject, tls.issuerdn and tls.fingerprint: a text within a field of the server's certificate.
void read_tls_text(Draft& draft, const Option& option, const Keyword& keyword) {
    const auto text = unquoted(option, true);
    if (!text || text->text.empty())
        return draft.complain(option, "write the text in quotes");
    ContentCheck content;
    content.bytes = unescaped(text->text);
    content.negated = text->negated;
    draft.add_to({keyword.buffer, {}, {}}, option, {std::move(content)}, false);
    draft.to_client.push_back({std::string(option.keyword), option.at});
}

} // namespace nfsieve::suricata
