// SPDX-License-Identifier: GPL-2.0-or-later
#include "events.h"

#include <array>
#include <utility>

namespace nfsieve::http {
namespace {

using Entry = std::pair<std::string_view, std::string_view>;

/// How the messages of libhtp 0.5 begin; of two that fit, the longer stands first.
constexpr std::array messages = {
    Entry{"Request field invalid: colon missing", "http.request_field_missing_colon"},
    Entry{"Response field invalid: missing colon", "http.response_field_missing_colon"},
    Entry{"Request chunk encoding: Invalid chunk length", "http.invalid_request_chunk_len"},
    Entry{"Response chunk encoding: Invalid chunk length", "http.invalid_response_chunk_len"},
    Entry{"Invalid C-L field in response", "http.invalid_content_length_field_in_response"},
    Entry{"Already seen 100-Continue", "http.100_continue_already_seen"},
    Entry{"Unable to match response to request", "http.unable_to_match_response_to_request"},
    Entry{"Invalid server port information in request", "http.invalid_server_port_in_request"},
    Entry{"Request buffer over", "http.request_field_too_long"},
    Entry{"Request field length exceeds", "http.request_field_too_long"},
    Entry{"Response the buffer limit", "http.response_field_too_long"},
    Entry{"Response field length exceeds", "http.response_field_too_long"},
    Entry{"C-T multipart/byteranges in responses not supported", "http.response_multipart_byteranges"},
    Entry{"Request field invalid", "http.request_header_invalid"},
    Entry{"Response field invalid", "http.response_header_invalid"},
    Entry{"Request header name is not a token", "http.request_header_invalid"},
    Entry{"Response header name is not a token", "http.response_header_invalid"},
    Entry{"Invalid request field folding", "http.invalid_request_field_folding"},
    Entry{"Invalid response field folding", "http.invalid_response_field_folding"},
    Entry{"Request line: URI contains non-compliant delimiter", "http.uri_delim_non_compliant"},
    Entry{"Request line: non-compliant delimiter between Method and URI", "http.method_delim_non_compliant"},
    Entry{"Request line: leading whitespace", "http.request_line_leading_whitespace"},
    Entry{"Transfer-encoding has abnormal chunked value", "http.response_abnormal_transfer_encoding"},
    Entry{"Chunked transfer-encoding on HTTP/0.9 or HTTP/1.0", "http.response_chunked_old_proto"},
    Entry{"Invalid response line: invalid protocol", "http.response_invalid_protocol"},
    Entry{"Invalid response line: invalid response status", "http.response_invalid_status"},
    Entry{"Request line incomplete", "http.request_line_incomplete"},
    Entry{"Unexpected request body", "http.request_body_unexpected"},
    Entry{"Ambiguous request C-L value", "http.duplicate_content_length_field_in_request"},
    Entry{"Ambiguous response C-L value", "http.duplicate_content_length_field_in_response"},
    Entry{"Too many request headers", "http.request_too_many_headers"},
    Entry{"Too many response headers", "http.response_too_many_headers"},
};

/// Decodes once more what may still be encoded. True where that makes it shorter.
bool still_encoded(const htp_tx_t& tx, const bstr* part, bool decoded) {
    if (part == nullptr || text(part).find('%') == std::string_view::npos)
        return false;
    bstr* copy = bstr_dup(part);
    if (copy == nullptr)
        return false;
    std::uint64_t flags = 0;
    if (!decoded)
        htp_urldecode_inplace(tx.cfg, HTP_DECODER_URLENCODED, copy, &flags);
    const std::size_t before = bstr_len(copy);
    htp_urldecode_inplace(tx.cfg, HTP_DECODER_URLENCODED, copy, &flags);
    const bool shorter = bstr_len(copy) < before;
    bstr_free(copy);
    return shorter;
}

/// libhtp 0.5.42 does not know this way to authorize; later ones, and Suricata with them, do.
bool by_bearer(const htp_tx_t& tx) {
    const auto* header =
        static_cast<const htp_header_t*>(htp_table_get_c(tx.request_headers, "authorization"));
    return header != nullptr && bstr_begins_with_c_nocase(header->value, "bearer") == 1;
}

} // namespace

std::string_view event_of(std::string_view message) {
    for (const auto& [begin, name] : messages)
        if (message.starts_with(begin))
            return name;
    return {};
}

std::vector<std::string_view> request_events(const htp_tx_t& tx) {
    std::vector<std::string_view> names;
    const auto add = [&](bool holds, std::string_view name) {
        if (holds)
            names.push_back(name);
    };
    const auto flagged = [&](std::uint64_t flag) { return (tx.flags & flag) != 0; };
    add(flagged(HTP_REQUEST_INVALID_T_E), "http.invalid_transfer_encoding_value_in_request");
    add(flagged(HTP_REQUEST_INVALID_C_L), "http.invalid_content_length_field_in_request");
    add(flagged(HTP_HOST_MISSING), "http.missing_host_header");
    add(flagged(HTP_HOST_AMBIGUOUS), "http.host_header_ambiguous");
    add(flagged(HTP_HOSTU_INVALID), "http.request_uri_host_invalid");
    add(flagged(HTP_HOSTH_INVALID), "http.request_header_host_invalid");
    add(tx.request_auth_type == HTP_AUTH_UNRECOGNIZED && !by_bearer(tx), "http.request_auth_unrecognized");
    return names;
}

bool encoded_twice(const htp_tx_t& tx) {
    const htp_uri_t* uri = tx.parsed_uri;
    return uri != nullptr && (still_encoded(tx, uri->path, true) || still_encoded(tx, uri->query, false));
}

} // namespace nfsieve::http
