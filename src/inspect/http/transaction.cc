// SPDX-License-Identifier: GPL-2.0-or-later
#include "transaction.h"

#include "small_letters.h"

#include <algorithm>

namespace nfsieve::http {
namespace {

using Text = std::optional<std::string_view>;

/// Receivers, and libhtp, overlook NULs in the name of a header.
bool is_named(std::string_view name, std::string_view wanted) {
    if (name.size() < wanted.size())
        return false;
    std::size_t at = 0;
    for (const char c : name) {
        if (c == '\0')
            continue;
        if (at == wanted.size() || small(c) != wanted[at])
            return false;
        ++at;
    }
    return at == wanted.size();
}

Text if_there(const bstr* string) {
    return string == nullptr ? Text{} : Text(text(string));
}

std::size_t header_count(const htp_table_t* headers) {
    return headers == nullptr ? 0 : htp_table_size(headers);
}

const htp_header_t* header_at(const htp_table_t* headers, std::size_t index) {
    return static_cast<const htp_header_t*>(htp_table_get_index(headers, index, nullptr));
}

template <class Do>
void each_header(const htp_table_t* headers, Do&& what) {
    for (std::size_t i = 0, count = header_count(headers); i < count; ++i)
        if (const htp_header_t* header = header_at(headers, i))
            what(text(header->name), text(header->value));
}

/// The header of a buffer that is one header's value.
std::string_view name_of(Buffer buffer) {
    switch (buffer) {
    case Buffer::http_user_agent:
        return "user-agent";
    case Buffer::http_referer:
        return "referer";
    case Buffer::http_accept:
        return "accept";
    case Buffer::http_accept_encoding:
        return "accept-encoding";
    case Buffer::http_accept_language:
        return "accept-language";
    case Buffer::http_connection:
        return "connection";
    case Buffer::http_content_length:
        return "content-length";
    case Buffer::http_content_type:
        return "content-type";
    case Buffer::http_location:
        return "location";
    case Buffer::http_server:
        return "server";
    default:
        return {};
    }
}

std::string_view cookie_name(Side sender) {
    return sender == Side::client ? "cookie" : "set-cookie";
}

void append_line(std::string& to, std::string_view name, std::string_view value) {
    to += name;
    to += ": ";
    to += value;
}

} // namespace

const htp_table_t* HttpTransaction::headers(Side sender) const {
    return sender == Side::client ? tx_.request_headers : tx_.response_headers;
}

Text HttpTransaction::header_value(Side sender, std::string_view name) const {
    const htp_table_t* all = headers(sender);
    for (std::size_t i = 0, count = header_count(all); i < count; ++i)
        if (const htp_header_t* header = header_at(all, i);
            header != nullptr && is_named(text(header->name), name))
            return text(header->value);
    return std::nullopt;
}

std::string HttpTransaction::header(Side sender, std::string_view name) const {
    std::string value(header_value(sender, name).value_or(std::string_view{}));
    std::erase(value, '\0');
    return value;
}

void HttpTransaction::restart_response() {
    Half& response = half(Side::server);
    response.raw_headers.clear();
    response.built = {};
    response.lines.reset();
}

/// RFC 9112 section 6.3: neither 1xx, 204 nor 304 have a body, whatever their headers say. Browsers and curl
/// keep to it.
void HttpTransaction::begin_response_headers() {
    constexpr int interim = 100, switching = 101;
    const int status = tx_.response_status_number;
    method_ = tx_.request_method_number;
    masks_headers_ = false;
    continues_ += status == interim ? 1 : 0;
    if (status / 100 == 1 && status != switching) {
        // Of these libhtp goes on behind the first 100 alone, and where no header speaks of a body.
        tx_.response_status_number = interim;
        tx_.seen_100continue = 0;
        masks_headers_ = true;
    } else if (status == switching || status == 204 || status == 304) {
        if (method_ == HTP_M_CONNECT)
            masks_headers_ = status == 304;
        else
            tx_.request_method_number = HTP_M_HEAD;
    }
}

void HttpTransaction::add_raw_headers(Side sender, std::string_view bytes) {
    half(sender).raw_headers += bytes;
}

std::optional<BufferBytes> HttpTransaction::buffer(Side sender, const BufferView& view,
                                                   std::size_t instance) {
    const BufferInfo& known = info(view.buffer);
    const bool has = sender == Side::client ? known.to_server : known.to_client;
    if (known.protocol != AppProtocol::http || !has || (sender == Side::client && !asked_))
        return std::nullopt;
    if (known.kind == BufferInfo::Kind::streaming)
        return instance == 0 ? body_buffer(sender, view.buffer) : std::nullopt;
    if (half(sender).stage < stage_of(view.buffer))
        return std::nullopt;
    Text found;
    if (view.buffer == Buffer::http_named_header)
        found = instance == 0 ? header_value(sender, view.header) : Text{}; // libhtp has joined them: "a, b"
    else if (known.kind == BufferInfo::Kind::instances)
        found = header_line(sender, instance);
    else if (instance == 0)
        found = whole(sender, view.buffer);
    if (!found)
        return std::nullopt;
    return BufferBytes{as_bytes(*found), 0, true};
}

std::optional<BufferBytes> HttpTransaction::body_buffer(Side sender, Buffer buffer) {
    const Body* its_body = half(sender).body.get();
    if (its_body == nullptr || its_body->empty())
        return std::nullopt;
    return buffer == Buffer::file_data ? its_body->files() : its_body->content();
}

Text HttpTransaction::whole(Side sender, Buffer buffer) {
    switch (buffer) {
    case Buffer::http_raw_host:
        return raw_host();
    case Buffer::http_cookie:
        return header_value(sender, cookie_name(sender));
    case Buffer::http_raw_header:
        return half(sender).raw_headers.empty() ? Text{} : Text(half(sender).raw_headers);
    case Buffer::http_host:
    case Buffer::http_uri:
    case Buffer::http_header:
    case Buffer::http_header_names:
    case Buffer::http_start:
        return built(sender, buffer);
    default:
        if (const std::string_view name = name_of(buffer); !name.empty())
            return header_value(sender, name);
        return line_part(sender, buffer);
    }
}

Text HttpTransaction::line_part(Side sender, Buffer buffer) {
    switch (buffer) {
    case Buffer::http_request_line:
        return if_there(tx_.request_line);
    case Buffer::http_method:
        return if_there(tx_.request_method);
    case Buffer::http_raw_uri:
        return if_there(tx_.request_uri);
    case Buffer::http_protocol:
        return if_there(sender == Side::client ? tx_.request_protocol : tx_.response_protocol);
    case Buffer::http_response_line:
        return if_there(tx_.response_line);
    case Buffer::http_stat_code:
        return if_there(tx_.response_status);
    case Buffer::http_stat_msg:
        return if_there(tx_.response_message);
    default:
        return std::nullopt;
    }
}

/// An absolute request target says where the request goes, whatever the Host header says (RFC 9112
/// section 3.2.2).
Text HttpTransaction::raw_host() const {
    if (tx_.parsed_uri != nullptr && tx_.parsed_uri->hostname != nullptr)
        return text(tx_.parsed_uri->hostname);
    return header_value(Side::client, "host");
}

/// Of those that build() makes.
std::size_t HttpTransaction::place_of(Buffer buffer) {
    switch (buffer) {
    case Buffer::http_host:
        return 0;
    case Buffer::http_uri:
        return 1;
    case Buffer::http_header:
        return 2;
    case Buffer::http_header_names:
        return 3;
    default:
        return 4;
    }
}

Text HttpTransaction::built(Side sender, Buffer buffer) {
    std::optional<std::string>& store = half(sender).built[place_of(buffer)];
    if (!store)
        store = build(sender, buffer);
    return store->empty() ? Text{} : Text(*store);
}

std::string HttpTransaction::build(Side sender, Buffer buffer) const {
    switch (buffer) {
    case Buffer::http_host: {
        std::string host(text(tx_.request_hostname));
        std::transform(host.begin(), host.end(), host.begin(), small);
        return host;
    }
    case Buffer::http_uri:
        return build_uri();
    case Buffer::http_header:
        return build_headers(sender);
    case Buffer::http_header_names:
        return build_names(sender);
    default:
        return build_start(sender);
    }
}

std::string HttpTransaction::build_headers(Side sender) const {
    std::string all;
    each_header(headers(sender), [&](std::string_view name, std::string_view value) {
        if (is_named(name, cookie_name(sender)))
            return;
        append_line(all, name, value);
        all += "\r\n";
    });
    return all;
}

std::string HttpTransaction::build_names(Side sender) const {
    std::string all;
    each_header(headers(sender), [&](std::string_view name, std::string_view) {
        all += "\r\n";
        all += name;
    });
    return all.empty() ? all : all + "\r\n\r\n";
}

std::string HttpTransaction::build_start(Side sender) const {
    const bstr* line = sender == Side::client ? tx_.request_line : tx_.response_line;
    if (line == nullptr)
        return {};
    std::string all(text(line));
    all += "\r\n";
    std::size_t count = 0;
    each_header(headers(sender), [&](std::string_view name, std::string_view value) {
        append_line(all, name, value);
        all += "\r\n";
        ++count;
    });
    return count == 0 ? all : all + "\r\n";
}

/// Path, query and fragment. libhtp has decoded the path alone.
std::string HttpTransaction::build_uri() const {
    std::string all;
    const htp_uri_t* uri = tx_.parsed_uri;
    if (uri == nullptr)
        return all;
    all += text(uri->path);
    if (uri->query != nullptr) {
        all += '?';
        if (bstr* query = bstr_dup(uri->query)) {
            std::uint64_t flags = 0;
            htp_urldecode_inplace(tx_.cfg, HTP_DECODER_URLENCODED, query, &flags);
            all += text(query);
            bstr_free(query);
        }
    }
    if (uri->fragment != nullptr) {
        all += '#';
        all += text(uri->fragment);
    }
    return all;
}

Text HttpTransaction::header_line(Side sender, std::size_t instance) {
    auto& lines = half(sender).lines;
    if (!lines) {
        lines.emplace();
        each_header(headers(sender), [&](std::string_view name, std::string_view value) {
            append_line(lines->emplace_back(), name, value);
        });
    }
    return instance < lines->size() ? Text((*lines)[instance]) : Text{};
}

std::size_t HttpTransaction::memory() const {
    std::size_t sum = sizeof(*this);
    for (const Half& its : halves_) {
        // libhtp's own strings and table take about thrice what came in
        sum += 4 * its.raw_headers.capacity();
        for (const std::optional<std::string>& text : its.built)
            sum += text ? text->capacity() : 0;
        if (its.lines)
            for (const std::string& line : *its.lines)
                sum += line.capacity() + sizeof(std::string);
        if (its.body)
            sum += its.body->memory();
    }
    return sum;
}

} // namespace nfsieve::http
