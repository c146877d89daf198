<!-- Tables named as in the Gaia archive: gaia_source and vari_rrlyrae as ESA serves them, and
     epoch_photometry as AIP does, one row a star with the observations in arrays. The loader puts
     the schema in place of SCHEMA and fills the tables. -->
<resource schema="SCHEMA" resdir=".">
  <meta name="title">Gaia tables of the tests</meta>
  <meta name="creationDate">2026-11-22T00:00:00Z</meta>
  <meta name="description">Measured light curves and Fourier parameters in the layout of the Gaia archive</meta>
  <meta name="creator">rrcat</meta>
  <meta name="subject">variable-stars</meta>

  <table id="gaia_source" onDisk="True" adql="True" primary="source_id">
    <meta name="description">Positions and mean magnitudes</meta>
    <stc>Position ICRS Epoch J2016.0 "ra" "dec"</stc>
    <column name="source_id" type="bigint" ucd="meta.id;meta.main" required="True" verbLevel="1" description="Source identifier"/>
    <column name="ra" type="double precision" unit="deg" ucd="pos.eq.ra;meta.main" verbLevel="1" description="Right ascension"/>
    <column name="dec" type="double precision" unit="deg" ucd="pos.eq.dec;meta.main" verbLevel="1" description="Declination"/>
    <column name="parallax" type="double precision" unit="mas" ucd="pos.parallax.trig" description="Parallax"/>
    <column name="parallax_error" type="real" unit="mas" ucd="stat.error;pos.parallax.trig" description="Standard error of the parallax"/>
    <column name="pmra" type="double precision" unit="mas.yr**-1" ucd="pos.pm;pos.eq.ra" description="Proper motion in right ascension"/>
    <column name="pmdec" type="double precision" unit="mas.yr**-1" ucd="pos.pm;pos.eq.dec" description="Proper motion in declination"/>
    <column name="ruwe" type="real" ucd="stat.error" description="Renormalised unit weight error"/>
    <column name="ipd_gof_harmonic_amplitude" type="real" ucd="stat.fit.goodness" description="Change of the goodness of fit with the direction of the scan"/>
    <column name="ipd_frac_multi_peak" type="smallint" ucd="stat.fit.goodness" description="Percentage of windows with more than one peak"><values nullLiteral="-1"/></column>
    <column name="phot_g_mean_mag" type="real" unit="mag" ucd="phot.mag;em.opt" description="Mean G magnitude"/>
    <column name="phot_bp_mean_mag" type="real" unit="mag" ucd="phot.mag;em.opt.B" description="Mean BP magnitude"/>
    <column name="phot_rp_mean_mag" type="real" unit="mag" ucd="phot.mag;em.opt.R" description="Mean RP magnitude"/>
    <column name="phot_bp_rp_excess_factor" type="real" ucd="arith.factor;phot.flux;em.opt" description="BP/RP excess factor"/>
  </table>

  <table id="vari_rrlyrae" onDisk="True" adql="True" primary="source_id">
    <meta name="description">RR Lyrae stars and the Fourier parameters of their G light curves</meta>
    <column name="solution_id" type="bigint" ucd="meta.version" description="Solution identifier"/>
    <column name="source_id" type="bigint" ucd="meta.id;meta.main" required="True" description="Source identifier"/>
    <column name="pf" type="double precision" unit="d" ucd="time.period" description="Period of the fundamental mode"/>
    <column name="pf_error" type="real" unit="d" ucd="stat.error;time.period" description="Error of pf"/>
    <column name="p1_o" type="double precision" unit="d" ucd="time.period" description="Period of the first overtone"/>
    <column name="p1_o_error" type="real" unit="d" ucd="stat.error;time.period" description="Error of p1_o"/>
    <column name="epoch_g" type="double precision" unit="d" ucd="time.epoch" description="Epoch of maximum light in G"/>
    <column name="epoch_g_error" type="real" unit="d" ucd="stat.error;time.epoch" description="Error of epoch_g"/>
    <column name="int_average_g" type="real" unit="mag" ucd="phot.mag;stat.mean;em.opt" description="Intensity-averaged G magnitude"/>
    <column name="int_average_g_error" type="real" unit="mag" ucd="stat.error;phot.mag" description="Error of int_average_g"/>
    <column name="int_average_bp" type="real" unit="mag" ucd="phot.mag;stat.mean;em.opt.B" description="Intensity-averaged BP magnitude"/>
    <column name="int_average_bp_error" type="real" unit="mag" ucd="stat.error;phot.mag" description="Error of int_average_bp"/>
    <column name="int_average_rp" type="real" unit="mag" ucd="phot.mag;stat.mean;em.opt.R" description="Intensity-averaged RP magnitude"/>
    <column name="int_average_rp_error" type="real" unit="mag" ucd="stat.error;phot.mag" description="Error of int_average_rp"/>
    <column name="peak_to_peak_g" type="real" unit="mag" ucd="src.var.amplitude;em.opt" description="Peak-to-peak amplitude in G"/>
    <column name="peak_to_peak_g_error" type="real" unit="mag" ucd="stat.error;src.var.amplitude" description="Error of peak_to_peak_g"/>
    <column name="metallicity" type="real" ucd="phys.abund.Z" description="Metallicity of the archive's own relation"/>
    <column name="metallicity_error" type="real" ucd="stat.error;phys.abund.Z" description="Error of metallicity"/>
    <column name="r21_g" type="real" ucd="stat.fourier" description="A2/A1 in G"/>
    <column name="r21_g_error" type="real" ucd="stat.error;stat.fourier" description="Error of r21_g"/>
    <column name="r31_g" type="real" ucd="stat.fourier" description="A3/A1 in G"/>
    <column name="r31_g_error" type="real" ucd="stat.error;stat.fourier" description="Error of r31_g"/>
    <column name="phi21_g" type="real" unit="rad" ucd="stat.fourier" description="phi2 - 2 phi1 in G"/>
    <column name="phi21_g_error" type="real" unit="rad" ucd="stat.error;stat.fourier" description="Error of phi21_g"/>
    <column name="phi31_g" type="real" unit="rad" ucd="stat.fourier" description="phi3 - 3 phi1 in G"/>
    <column name="phi31_g_error" type="real" unit="rad" ucd="stat.error;stat.fourier" description="Error of phi31_g"/>
    <column name="num_clean_epochs_g" type="smallint" ucd="meta.number" description="Epochs of the fit in G"><values nullLiteral="-1"/></column>
    <column name="num_clean_epochs_bp" type="smallint" ucd="meta.number" description="Epochs of the fit in BP"><values nullLiteral="-1"/></column>
    <column name="num_clean_epochs_rp" type="smallint" ucd="meta.number" description="Epochs of the fit in RP"><values nullLiteral="-1"/></column>
    <column name="num_harmonics_for_p1_g" type="smallint" ucd="meta.number" description="Harmonics of the fit in G"><values nullLiteral="-1"/></column>
    <column name="reference_time_g" type="double precision" unit="d" ucd="time.epoch" description="Reference time of the fit in G"/>
    <column name="fund_freq1" type="double precision" unit="d**-1" ucd="src.var;em.opt" description="First frequency"/>
    <column name="fund_freq1_error" type="real" unit="d**-1" ucd="stat.error;src.var" description="Error of fund_freq1"/>
    <column name="fund_freq1_harmonic_ampl_g" type="double precision[]" unit="mag" ucd="stat.fourier;src.var.amplitude" description="Amplitudes of the harmonics in G"/>
    <column name="fund_freq1_harmonic_ampl_g_error" type="double precision[]" unit="mag" ucd="stat.error;stat.fourier" description="Errors of the amplitudes"/>
    <column name="fund_freq1_harmonic_phase_g" type="double precision[]" unit="rad" ucd="stat.fourier;src.var.phase" description="Phases of the harmonics in G"/>
    <column name="fund_freq1_harmonic_phase_g_error" type="double precision[]" unit="rad" ucd="stat.error;stat.fourier" description="Errors of the phases"/>
    <column name="best_classification" type="text" ucd="meta.code.class" description="RRab, RRc or RRd"/>
    <column name="g_absorption" type="real" unit="mag" ucd="phys.absorption;em.opt" description="Absorption in G"/>
    <column name="g_absorption_error" type="real" unit="mag" ucd="stat.error;phys.absorption" description="Error of g_absorption"/>
  </table>

  <table id="epoch_photometry" onDisk="True" adql="True" primary="source_id">
    <meta name="description">Light curves, one row a star</meta>
    <column name="solution_id" type="bigint" ucd="meta.version" description="Solution identifier"/>
    <column name="source_id" type="bigint" ucd="meta.id;meta.main" required="True" description="Source identifier"/>
    <column name="n_transits" type="smallint" ucd="meta.number" description="Number of transits"><values nullLiteral="-1"/></column>
    <column name="transit_id" type="bigint[]" ucd="meta.id" description="Transit identifiers"/>
    <column name="g_transit_time" type="double precision[]" unit="d" ucd="time.epoch" description="BJD(TCB) - 2455197.5 of the G observation"/>
    <column name="g_transit_flux" type="double precision[]" unit="s**-1" ucd="phot.flux;em.opt" description="G flux"/>
    <column name="g_transit_flux_error" type="double precision[]" unit="s**-1" ucd="stat.error;phot.flux" description="Error of the G flux"/>
    <column name="g_transit_flux_over_error" type="real[]" ucd="stat.snr" description="G flux by its error"/>
    <column name="g_transit_mag" type="double precision[]" unit="mag" ucd="phot.mag;em.opt" description="G magnitude"/>
    <column name="bp_obs_time" type="double precision[]" unit="d" ucd="time.epoch" description="BJD(TCB) - 2455197.5 of the BP observation"/>
    <column name="bp_flux" type="double precision[]" unit="s**-1" ucd="phot.flux;em.opt.B" description="BP flux"/>
    <column name="bp_flux_error" type="double precision[]" unit="s**-1" ucd="stat.error;phot.flux" description="Error of the BP flux"/>
    <column name="bp_flux_over_error" type="real[]" ucd="stat.snr" description="BP flux by its error"/>
    <column name="bp_mag" type="double precision[]" unit="mag" ucd="phot.mag;em.opt.B" description="BP magnitude"/>
    <column name="rp_obs_time" type="double precision[]" unit="d" ucd="time.epoch" description="BJD(TCB) - 2455197.5 of the RP observation"/>
    <column name="rp_flux" type="double precision[]" unit="s**-1" ucd="phot.flux;em.opt.R" description="RP flux"/>
    <column name="rp_flux_error" type="double precision[]" unit="s**-1" ucd="stat.error;phot.flux" description="Error of the RP flux"/>
    <column name="rp_flux_over_error" type="real[]" ucd="stat.snr" description="RP flux by its error"/>
    <column name="rp_mag" type="double precision[]" unit="mag" ucd="phot.mag;em.opt.R" description="RP magnitude"/>
    <column name="photometry_flag_noisy_data" type="boolean[]" ucd="meta.code" description="Noisy transit"/>
    <column name="photometry_flag_af1_reject" type="boolean[]" ucd="meta.code" description="First astrometric field rejected"/>
    <column name="photometry_flag_bp_reject" type="boolean[]" ucd="meta.code" description="BP rejected"/>
    <column name="photometry_flag_rp_reject" type="boolean[]" ucd="meta.code" description="RP rejected"/>
    <column name="variability_flag_g_reject" type="boolean[]" ucd="meta.code" description="G rejected by the variability processing"/>
    <column name="variability_flag_bp_reject" type="boolean[]" ucd="meta.code" description="BP rejected by the variability processing"/>
    <column name="variability_flag_rp_reject" type="boolean[]" ucd="meta.code" description="RP rejected by the variability processing"/>
  </table>

  <data id="create">
    <make table="gaia_source"/>
    <make table="vari_rrlyrae"/>
    <make table="epoch_photometry"/>
  </data>
</resource>
