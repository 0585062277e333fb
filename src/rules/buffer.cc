// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/buffer.h"

#include <algorithm>

namespace nfsieve {
namespace {

using Kind = BufferInfo::Kind;
constexpr AppProtocol any = AppProtocol::none, http = AppProtocol::http, tls = AppProtocol::tls;

/// In the order of the enumeration.
constexpr std::array<BufferInfo, buffer_count> table = {{
    {Buffer::payload, "payload", any, true, true, Kind::streaming},
    {Buffer::http_request_line, "http.request_line", http, true, false, Kind::whole},
    {Buffer::http_method, "http.method", http, true, false, Kind::whole},
    {Buffer::http_uri, "http.uri", http, true, false, Kind::whole},
    {Buffer::http_raw_uri, "http.uri.raw", http, true, false, Kind::whole},
    {Buffer::http_protocol, "http.protocol", http, true, true, Kind::whole},
    {Buffer::http_host, "http.host", http, true, false, Kind::whole},
    {Buffer::http_raw_host, "http.host.raw", http, true, false, Kind::whole},
    {Buffer::http_user_agent, "http.user_agent", http, true, false, Kind::whole},
    {Buffer::http_referer, "http.referer", http, true, false, Kind::whole},
    {Buffer::http_accept, "http.accept", http, true, false, Kind::whole},
    {Buffer::http_accept_encoding, "http.accept_enc", http, true, false, Kind::whole},
    {Buffer::http_accept_language, "http.accept_lang", http, true, false, Kind::whole},
    {Buffer::http_connection, "http.connection", http, true, true, Kind::whole},
    {Buffer::http_content_length, "http.content_len", http, true, true, Kind::whole},
    {Buffer::http_content_type, "http.content_type", http, true, true, Kind::whole},
    {Buffer::http_cookie, "http.cookie", http, true, true, Kind::whole},
    {Buffer::http_header, "http.header", http, true, true, Kind::whole},
    {Buffer::http_raw_header, "http.header.raw", http, true, true, Kind::whole},
    {Buffer::http_header_names, "http.header_names", http, true, true, Kind::whole},
    {Buffer::http_start, "http.start", http, true, true, Kind::whole},
    {Buffer::http_named_header, "http.named_header", http, true, true, Kind::instances},
    {Buffer::http_request_header, "http.request_header", http, true, false, Kind::instances},
    {Buffer::http_response_header, "http.response_header", http, false, true, Kind::instances},
    {Buffer::http_request_body, "http.request_body", http, true, false, Kind::streaming},
    {Buffer::http_response_line, "http.response_line", http, false, true, Kind::whole},
    {Buffer::http_stat_code, "http.stat_code", http, false, true, Kind::whole},
    {Buffer::http_stat_msg, "http.stat_msg", http, false, true, Kind::whole},
    {Buffer::http_location, "http.location", http, false, true, Kind::whole},
    {Buffer::http_server, "http.server", http, false, true, Kind::whole},
    {Buffer::http_response_body, "http.response_body", http, false, true, Kind::streaming},
    {Buffer::file_data, "file.data", http, true, true, Kind::streaming},
    {Buffer::tls_sni, "tls.sni", tls, true, false, Kind::whole},
    {Buffer::tls_alpn, "tls.alpn", tls, true, true, Kind::instances},
    {Buffer::tls_version, "tls.version", tls, true, true, Kind::whole},
    {Buffer::tls_cert_subject, "tls.cert_subject", tls, true, true, Kind::whole},
    {Buffer::tls_cert_issuer, "tls.cert_issuer", tls, true, true, Kind::whole},
    {Buffer::tls_cert_serial, "tls.cert_serial", tls, true, true, Kind::whole},
    {Buffer::tls_cert_fingerprint, "tls.cert_fingerprint", tls, true, true, Kind::whole},
    {Buffer::tls_certs, "tls.certs", tls, true, true, Kind::instances},
    {Buffer::tls_random, "tls.random", tls, true, true, Kind::whole},
    {Buffer::tls_random_time, "tls.random_time", tls, true, true, Kind::whole},
    {Buffer::tls_random_bytes, "tls.random_bytes", tls, true, true, Kind::whole},
    {Buffer::ja3_hash, "ja3.hash", tls, true, false, Kind::whole},
    {Buffer::ja3_string, "ja3.string", tls, true, false, Kind::whole},
    {Buffer::ja3s_hash, "ja3s.hash", tls, false, true, Kind::whole},
    {Buffer::ja3s_string, "ja3s.string", tls, false, true, Kind::whole},
    {Buffer::ja4_hash, "ja4.hash", tls, true, false, Kind::whole},
    {Buffer::tcp_header, "tcp.hdr", any, true, true, Kind::whole},
    {Buffer::ipv4_header, "ipv4.hdr", any, true, true, Kind::whole},
    {Buffer::ipv6_header, "ipv6.hdr", any, true, true, Kind::whole},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].buffer) != i)
            return false;
    return true;
}
static_assert(in_order());

} // namespace

const BufferInfo& info(Buffer buffer) {
    return table[static_cast<std::size_t>(buffer)];
}

std::optional<Buffer> find_buffer(std::string_view name) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const BufferInfo& candidate) { return candidate.name == name; });
    return found == table.end() ? std::nullopt : std::optional(found->buffer);
}

std::optional<Buffer> json_buffer(std::string_view name) {
    const auto buffer = find_buffer(name);
    const bool hidden = buffer && (is_packet_header(*buffer) || *buffer == Buffer::http_named_header);
    return hidden ? std::nullopt : buffer;
}

std::vector<std::string_view> json_buffer_names() {
    std::vector<std::string_view> names;
    for (const BufferInfo& about : table)
        if (json_buffer(about.name))
            names.push_back(about.name);
    return names;
}

} // namespace nfsieve
