// SPDX-License-Identifier: GPL-2.0-or-later
// The buffers that rules look at, under the names that Suricata 7 and the JSON rules give them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve {

/// What is parsed out of a stream.
enum class AppProtocol : std::uint8_t { none, http, tls, ssh };
inline constexpr std::size_t app_protocol_count = 4;

/// A buffer: raw payload, or a field of a transaction of one direction.
enum class Buffer : std::uint8_t {
    payload, ///< the TCP stream, and each packet's payload as received
    http_request_line,
    http_method,
    http_uri,
    http_raw_uri,
    http_protocol, ///< of the request or of the response, by the rule's direction
    http_host,
    http_raw_host,
    http_user_agent,
    http_referer,
    http_accept,
    http_accept_encoding,
    http_accept_language,
    http_connection,
    http_content_length,
    http_content_type,
    http_cookie,
    http_header,
    http_raw_header,
    http_header_names,
    http_start,
    http_named_header,    ///< every header of one name, one instance each
    http_request_header,  ///< "name: value", one instance a header
    http_response_header, ///< the same
    http_request_body,
    http_response_line,
    http_stat_code,
    http_stat_msg,
    http_location,
    http_server,
    http_response_body,
    file_data, ///< the files in a body: of a response its decoded body
    tls_sni,
    tls_alpn,    ///< one instance a protocol that is offered, or the one that was chosen
    tls_version, ///< "1.2"
    tls_cert_subject,
    tls_cert_issuer,
    tls_cert_serial,
    tls_cert_fingerprint,
    tls_certs, ///< DER, one instance a certificate of the chain
    tls_random,
    tls_random_time,
    tls_random_bytes,
    ja3_hash,
    ja3_string,
    ja3s_hash,
    ja3s_string,
    ja4_hash,
    tcp_header,  ///< with its options, of each packet
    ipv4_header, ///< with its options, of each packet
    ipv6_header, ///< with its extension headers, of each packet
};
inline constexpr std::size_t buffer_count = static_cast<std::size_t>(Buffer::ipv6_header) + 1;

/// What is fixed for a buffer.
struct BufferInfo {
    Buffer buffer;
    std::string_view name;     ///< "http.uri": the sticky buffer's name, and the key in JSON rules
    AppProtocol protocol;      ///< none: of any stream
    bool to_server, to_client; ///< the directions that have it
    /// whole: known at once; instances: a list of whole values; streaming: grows until it is complete.
    enum class Kind : std::uint8_t { whole, instances, streaming } kind;
};

[[nodiscard]] const BufferInfo& info(Buffer buffer);
/// It is a header of each packet, and no part of any stream.
[[nodiscard]] constexpr bool is_packet_header(Buffer buffer) {
    return buffer >= Buffer::tcp_header;
}
/// The buffer of a sticky name ("http.uri"), nothing where there is none.
[[nodiscard]] std::optional<Buffer> find_buffer(std::string_view name);

/// The same for the buffers that JSON rules may name, which are all but those of single packets.
[[nodiscard]] std::optional<Buffer> json_buffer(std::string_view name);
[[nodiscard]] std::vector<std::string_view> json_buffer_names();

/// What is done to a buffer before it is looked at, in order (Suricata's "transforms").
struct Transform {
    enum class Kind : std::uint8_t {
        dotprefix, ///< a dot in front
        domain,    ///< registered domain: refused by the readers so far
        to_lowercase,
        to_uppercase,
        strip_whitespace,
        compress_whitespace,
        strip_pseudo_headers,
        header_lowercase,
        url_decode,
        from_base64,
        xor_key, ///< argument: the key's bytes
        to_md5,  ///< the raw digest, as the two below
        to_sha1,
        to_sha256,
        pcrexform, ///< argument: the pattern; the first capture is what is left
    };
    Kind kind;
    std::string argument;
    auto operator<=>(const Transform&) const = default;
};

/// A buffer as a rule looks at it.
struct BufferView {
    Buffer buffer = Buffer::payload;
    std::string header; ///< http_named_header: its name in small letters
    std::vector<Transform> transforms;
    auto operator<=>(const BufferView&) const = default;
};

} // namespace nfsieve
