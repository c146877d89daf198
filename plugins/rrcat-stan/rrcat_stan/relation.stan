// A linear relation of [Fe/H], the period and J light-curve parameters, of which the first Q carry a
// slope.
//
//   true x   ~ normal(mu + gamma * period, cov)        what stars of this type are like
//   x        ~ normal(true x, error_scale^2 * s)      with the star's own covariance s
//   true feh = alpha + delta * period + beta . (true x)[1:Q] + scatter
//   feh      ~ normal(true feh, feh_error)
//
// With Student's t, all that x leaves open of feh has that distribution, not the scatter alone.
//
// The true x are integrated out: given the period, (x, feh) is a Gaussian of J + 1 dimensions with a
// covariance of its own for each star. Its density is a product of conditionals, one dimension given
// those before, computed on vectors over stars.
data {
  int<lower=1> N;                             // stars
  int<lower=0> J;                             // light-curve parameters besides the period
  int<lower=0, upper=J> Q;                    // those with a slope
  int<lower=0, upper=1> P;                    // whether the period has a slope
  vector[N] period;                           // standardised, as x
  vector<lower=0>[N] period_variance;
  array[J] vector[N] x;
  array[J, J] vector[N] s;
  vector[N] feh;                              // dex
  vector<lower=0>[N] feh_error;
  int<lower=0, upper=2> outliers;             // scatter: 0 normal, 1 mixture, 2 Student's t
  array[2] real prior_alpha;
  real<lower=0> prior_slope;
  real<lower=0> prior_scatter;
  real<lower=0> prior_mean;
  real<lower=0> prior_width;
  real<lower=0> prior_correlation;
  real<lower=0> prior_error_scale;
  array[2] real<lower=0> prior_share;
  real<lower=0> prior_excess;
  array[2] real<lower=0> prior_freedom;
}
transformed data {
  vector[N] feh_variance = square(feh_error);
}
parameters {
  real alpha;                                 // [Fe/H] where every standardised parameter is 0
  vector[P] delta;                            // slopes, dex per unit
  vector[Q] beta;
  real<lower=0> sigma;                        // intrinsic scatter, dex
  vector[J] mu;                               // the population: means, their slopes in period,
  vector[J] gamma;
  vector<lower=0>[J] tau;                     // standard deviations
  cholesky_factor_corr[J] corr;               // and correlations
  real<lower=0> error_scale;                  // true over stated errors of x
  array[outliers == 1] real<lower=0, upper=1> share;  // of outliers
  array[outliers == 1] real<lower=0> excess;          // scatter that outliers have besides, dex
  array[outliers == 2] real<lower=1> freedom;         // degrees of freedom of Student's t
}
model {
  matrix[J, J] cov = multiply_lower_tri_self_transpose(diag_pre_multiply(tau, corr));
  vector[J] slopes = append_row(beta, rep_vector(0, J - Q));
  vector[J] with_feh = cov * slopes;
  real constant = alpha + dot_product(slopes, mu);
  real along = sum(delta) + dot_product(slopes, gamma);
  real stretch = square(error_scale);
  vector[N] residual = feh - (constant + along * period);
  vector[N] variance = feh_variance + (dot_product(slopes, with_feh) + square(sigma));

  alpha ~ normal(prior_alpha[1], prior_alpha[2]);
  delta ~ normal(0, prior_slope);
  beta ~ normal(0, prior_slope);
  sigma ~ normal(0, prior_scatter);
  mu ~ normal(0, prior_mean);
  gamma ~ normal(0, prior_mean);
  tau ~ lognormal(0, prior_width);
  corr ~ lkj_corr_cholesky(prior_correlation);
  error_scale ~ lognormal(0, prior_error_scale);
  if (P == 1) {
    variance += square(delta[1]) * period_variance;
  }
  {
    array[J] vector[N] u;     // x[j] less what is expected of it, given x[1] ... x[j - 1]
    array[J] vector[N] d;     // and the variance of that
    array[J] vector[N] g;     // covariance of feh with u[j]
    array[J, J] vector[N] l;  // slope of x[j] on u[h]
    for (j in 1:J) {
      vector[N] w;
      u[j] = x[j] - (mu[j] + gamma[j] * period);
      d[j] = cov[j, j] + stretch * s[j, j];
      g[j] = rep_vector(with_feh[j], N);
      for (h in 1:(j - 1)) {
        vector[N] c = cov[j, h] + stretch * s[j, h];
        for (i in 1:(h - 1)) {
          c -= l[j, i] .* l[h, i] .* d[i];
        }
        l[j, h] = c ./ d[h];
        u[j] -= l[j, h] .* u[h];
        d[j] -= l[j, h] .* c;
        g[j] -= l[j, h] .* g[h];
      }
      w = g[j] ./ d[j];
      target += -0.5 * sum(log(d[j]) + square(u[j]) ./ d[j]);
      residual -= w .* u[j];
      variance -= w .* g[j];
    }
  }
  if (outliers == 2) {
    freedom ~ gamma(prior_freedom[1], prior_freedom[2]);
    residual ~ student_t(freedom[1], 0, sqrt(variance));
  } else if (outliers == 1) {
    vector[N] unusual = variance + square(excess[1]);
    vector[N] r2 = square(residual);
    vector[N] usual_lpdf = log1m(share[1]) - 0.5 * (log(variance) + r2 ./ variance);
    vector[N] unusual_lpdf = log(share[1]) - 0.5 * (log(unusual) + r2 ./ unusual);
    share ~ beta(prior_share[1], prior_share[2]);
    excess ~ normal(0, prior_excess);
    target += sum(usual_lpdf + log1p_exp(unusual_lpdf - usual_lpdf));
  } else {
    residual ~ normal(0, sqrt(variance));
  }
}
