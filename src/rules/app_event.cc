// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/app_event.h"

#include "nfsieve/rules/app_event_tls.h"

#include <algorithm>
#include <array>

namespace nfsieve {
namespace {

constexpr std::array<std::string_view, 41> http_names = {
    "http.100_continue_already_seen",
    "http.abnormal_ce_header",
    "http.compression_bomb",
    "http.double_encoded_uri",
    "http.duplicate_content_length_field_in_request",
    "http.duplicate_content_length_field_in_response",
    "http.gzip_decompression_failed",
    "http.host_header_ambiguous",
    "http.invalid_content_length_field_in_request",
    "http.invalid_content_length_field_in_response",
    "http.invalid_request_chunk_len",
    "http.invalid_request_field_folding",
    "http.invalid_response_chunk_len",
    "http.invalid_response_field_folding",
    "http.invalid_server_port_in_request",
    "http.invalid_transfer_encoding_value_in_request",
    "http.method_delim_non_compliant",
    "http.missing_host_header",
    "http.request_auth_unrecognized",
    "http.request_body_unexpected",
    "http.request_field_missing_colon",
    "http.request_field_too_long",
    "http.request_header_host_invalid",
    "http.request_header_invalid",
    "http.request_line_incomplete",
    "http.request_line_invalid",
    "http.request_line_leading_whitespace",
    "http.request_too_many_headers",
    "http.request_uri_host_invalid",
    "http.response_abnormal_transfer_encoding",
    "http.response_chunked_old_proto",
    "http.response_field_missing_colon",
    "http.response_field_too_long",
    "http.response_header_invalid",
    "http.response_invalid_protocol",
    "http.response_invalid_status",
    "http.response_multipart_byteranges",
    "http.response_too_many_headers",
    "http.too_many_encoding_layers",
    "http.unable_to_match_response_to_request",
    "http.uri_delim_non_compliant",
};
static_assert(std::is_sorted(http_names.begin(), http_names.end()));

} // namespace

std::span<const std::string_view> http_event_names() {
    return http_names;
}

bool is_app_event(std::string_view name) {
    const auto tls = tls_event_names();
    return std::binary_search(http_names.begin(), http_names.end(), name) ||
           std::find(tls.begin(), tls.end(), name) != tls.end();
}

} // namespace nfsieve
