// SPDX-License-Identifier: GPL-2.0-or-later
// The names that app-layer-event knows: what the protocol parsers find odd.
// https://docs.suricata.io/en/suricata-7.0.10/rules/app-layer.html
#pragma once

#include <span>
#include <string_view>

namespace nfsieve {

/// Every name that the HTTP parser may hand to TransactionListener::on_event ("http.compression_bomb"),
/// sorted.
[[nodiscard]] std::span<const std::string_view> http_event_names();

/// Whether a parser of this program can report an event of this name.
[[nodiscard]] bool is_app_event(std::string_view name);

} // namespace nfsieve
