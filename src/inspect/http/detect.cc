// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/app_parser.h"
#include "small_letters.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace nfsieve {
namespace {

constexpr std::size_t longest_look = 4096;
constexpr std::size_t longest_method = 32;

/// RFC 9110, and those of WebDAV, UPnP and what is met in the wild.
constexpr std::array<std::string_view, 41> methods = {
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "TRACE",
    "OPTIONS",
    "CONNECT",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "MERGE",
    "CHECKOUT",
    "CHECKIN",
    "UNCHECKOUT",
    "LABEL",
    "UPDATE",
    "MKWORKSPACE",
    "MKACTIVITY",
    "BASELINE-CONTROL",
    "VERSION-CONTROL",
    "PURGE",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "M-SEARCH",
    "BIND",
    "UNBIND",
    "REBIND",
    "ACL",
    "LINK",
    "UNLINK",
    "ORDERPATCH",
    "MKCALENDAR",
};

bool is_method_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

bool is_known(std::string_view word) {
    return std::any_of(methods.begin(), methods.end(), [&](std::string_view method) {
        return method.size() == word.size() &&
               std::equal(method.begin(), method.end(), word.begin(),
                          [](char a, char b) { return http::small(a) == http::small(b); });
    });
}

/// " HTTP/" and a digit, and nothing but a version behind it.
bool ends_as_request_line(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
        line.remove_suffix(1);
    const std::size_t at = line.rfind(" HTTP/");
    return at != std::string_view::npos && line.size() > at + 6 &&
           std::isdigit(static_cast<unsigned char>(line[at + 6])) != 0;
}

Likeness request(std::string_view text) {
    const std::size_t begin = text.find_first_not_of("\r\n");
    if (begin == std::string_view::npos)
        return text.size() < longest_look ? Likeness::more : Likeness::no;
    text.remove_prefix(begin);
    const std::size_t size =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_method_char) - text.begin());
    if (size > longest_method)
        return Likeness::no;
    if (size == text.size())
        return Likeness::more;
    if (size == 0 || (text[size] != ' ' && text[size] != '\t'))
        return Likeness::no;
    if (is_known(text.substr(0, size)))
        return Likeness::yes;
    const std::size_t line_end = text.find('\n');
    if (line_end == std::string_view::npos)
        return begin + text.size() < longest_look ? Likeness::more : Likeness::no;
    return ends_as_request_line(text.substr(0, line_end)) ? Likeness::yes : Likeness::no;
}

Likeness response(std::string_view text) {
    constexpr std::string_view name = "HTTP/";
    const std::size_t size = std::min(name.size(), text.size());
    if (!std::equal(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), name.begin()))
        return Likeness::no;
    return size == name.size() ? Likeness::yes : Likeness::more;
}

} // namespace

Likeness looks_like_http(Side sender, Bytes first) {
    return sender == Side::client ? request(as_text(first)) : response(as_text(first));
}

} // namespace nfsieve
