// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration's "suricata".
#pragma once

#include "config_values.h"
#include "nfsieve/rules/suricata_reader.h"

namespace nfsieve {

void read_suricata_options(const LocatedJson& value, ConfigValues& values, SuricataOptions& options);

} // namespace nfsieve
