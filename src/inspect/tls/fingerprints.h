// SPDX-License-Identifier: GPL-2.0-or-later
// Hashes that tell TLS libraries and certificates apart.
#pragma once

#include "hello.h"

#include <string>

namespace nfsieve::tls {

/// JA3 of a client (version, suites, extensions, groups, point formats), JA3S of a server (version, suite,
/// extensions): decimal numbers in the order of the hello, GREASE left out. "771,4865-4866,0-11-10,29-23,0"
[[nodiscard]] std::string ja3_string(Side sender, const Hello& hello);
/// JA4 of a client, as FoxIO's technical details define it: "t13d1516h2_8daaf6152771_e5627efa2ab1".
[[nodiscard]] std::string ja4_hash(const Hello& hello);

/// In lower-case hex.
[[nodiscard]] std::string md5_hex(std::string_view text);
/// In lower-case hex with colons.
[[nodiscard]] std::string sha1_fingerprint(Bytes certificate);

} // namespace nfsieve::tls
