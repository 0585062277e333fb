// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/commands.h"
#include "nfsieve/app/nft.h"

#include <ostream>

namespace nfsieve {

int nft_command(const std::filesystem::path& config, const Streams& streams) {
    ReadConfig read;
    if (!config.empty())
        read = read_config(config);
    for (const RuleError& error : read.errors)
        streams.err << error.to_string() << "\n";
    if (!read.errors.empty())
        return 1;
    streams.out << nft_ruleset(read.config.sealed);
    return 0;
}

} // namespace nfsieve
