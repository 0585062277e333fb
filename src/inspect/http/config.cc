// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include "parser.h"

namespace nfsieve::http {
namespace {

constexpr std::uint32_t header_count = 1024;

HttpParser& parser_of(const htp_connp_t* connection) {
    return *static_cast<HttpParser*>(htp_connp_get_user_data(connection));
}

// libhtp is C: nothing may be thrown through it, and memory that cannot be had ends the program as elsewhere.

int on_log(htp_log_t* log) noexcept {
    parser_of(log->connp).logged(log->msg);
    return HTP_OK;
}

int on_request_start(htp_tx_t* tx) noexcept {
    return parser_of(tx->connp).began(*tx, true);
}

int on_response_start(htp_tx_t* tx) noexcept {
    return parser_of(tx->connp).began(*tx, false);
}

int on_request_line(htp_tx_t* tx) noexcept {
    return parser_of(tx->connp).request_line(*tx);
}

int on_response_line(htp_tx_t* tx) noexcept {
    return parser_of(tx->connp).response_line(*tx);
}

int on_request_headers(htp_tx_t* tx) noexcept {
    return parser_of(tx->connp).headers(*tx, Side::client);
}

int on_response_headers(htp_tx_t* tx) noexcept {
    return parser_of(tx->connp).headers(*tx, Side::server);
}

int on_request_header_data(htp_tx_data_t* data) noexcept {
    return parser_of(data->tx->connp).raw_headers(*data, Side::client);
}

int on_response_header_data(htp_tx_data_t* data) noexcept {
    return parser_of(data->tx->connp).raw_headers(*data, Side::server);
}

int on_request_body(htp_tx_data_t* data) noexcept {
    return parser_of(data->tx->connp).body(*data, Side::client);
}

int on_response_body(htp_tx_data_t* data) noexcept {
    return parser_of(data->tx->connp).body(*data, Side::server);
}

int on_request_trailer(htp_tx_t* tx) noexcept {
    return parser_of(tx->connp).trailer(*tx, Side::client);
}

int on_response_trailer(htp_tx_t* tx) noexcept {
    return parser_of(tx->connp).trailer(*tx, Side::server);
}

int on_request_complete(htp_tx_t* tx) noexcept {
    return parser_of(tx->connp).completed(*tx, Side::client);
}

int on_response_complete(htp_tx_t* tx) noexcept {
    return parser_of(tx->connp).completed(*tx, Side::server);
}

} // namespace

Config make_config(const AppParserLimits& limits) {
    Config owner(htp_config_create());
    htp_cfg_t* config = owner.get();
    if (config == nullptr || htp_config_set_server_personality(config, HTP_SERVER_IDS) != HTP_OK)
        return nullptr;
    htp_config_set_log_level(config, HTP_LOG_WARNING);
    htp_config_set_tx_auto_destroy(config, 0);
    htp_config_set_field_limits(config, limits.header_size / 2, limits.header_size);
    htp_config_set_number_headers_limit(config, header_count);
    htp_config_set_parse_request_cookies(config, 0);
    htp_config_set_parse_request_auth(config, 1);
    htp_config_set_convert_lowercase(config, HTP_DECODER_URL_PATH, 0); // rules do not expect it
    htp_config_set_plusspace_decode(config, HTP_DECODER_URLENCODED, 0);
    // Bodies are decoded here: libhtp's result depends on where the segments end, and on the clock.
    htp_config_set_response_decompression(config, 0);
    htp_config_set_request_decompression(config, 0);

    htp_config_register_log(config, on_log);
    htp_config_register_request_start(config, on_request_start);
    htp_config_register_request_line(config, on_request_line);
    htp_config_register_request_headers(config, on_request_headers);
    htp_config_register_request_header_data(config, on_request_header_data);
    htp_config_register_request_trailer_data(config, on_request_header_data);
    htp_config_register_request_body_data(config, on_request_body);
    htp_config_register_request_trailer(config, on_request_trailer);
    htp_config_register_request_complete(config, on_request_complete);
    htp_config_register_response_start(config, on_response_start);
    htp_config_register_response_line(config, on_response_line);
    htp_config_register_response_headers(config, on_response_headers);
    htp_config_register_response_header_data(config, on_response_header_data);
    htp_config_register_response_trailer_data(config, on_response_header_data);
    htp_config_register_response_body_data(config, on_response_body);
    htp_config_register_response_trailer(config, on_response_trailer);
    htp_config_register_response_complete(config, on_response_complete);
    return owner;
}

Connection open_connection(htp_cfg_t& config, HttpParser& parser) {
    Connection owner(htp_connp_create(&config));
    if (!owner)
        return nullptr;
    htp_connp_set_user_data(owner.get(), &parser);
    htp_time_t epoch{};
    htp_connp_open(owner.get(), nullptr, 0, nullptr, 0, &epoch);
    return owner;
}

} // namespace nfsieve::http
